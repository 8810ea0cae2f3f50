// time limit: 500 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { show } from "../../outbox/reader.ts";
import { testDatabase } from "../support/database.ts";
import { labOfFile, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { testTemporal } from "../support/temporal.ts";
import { type RunningWorker, until } from "../support/worker.ts";

const lab = labOfFile(testDatabase, testTemporal);
const million = 1_000_000;
/** What each answer of Novu takes: with claims as large as they may be, the last call of one would begin seconds after the first. */
const novuMs = 300;
const slowNovu = () => lab().novu.control.addFault({ match: { path: sendingPaths }, delayMs: novuMs, times: million });

/** A backlog as it would stand there; triggers off, since only the rows matter here and a million timeline entries take a minute. */
async function backlog(): Promise<void> {
  const client = await lab().db.connect();
  try {
    await client.query("SET session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, payload, recipients, transaction_id)
       SELECT 'loud', 'mail-only', '{"name":"Ada"}', jsonb_build_array('s' || n), 'bulk-' || n FROM generate_series(1, $1::int) n`,
      [million],
    );
    await client.query("RESET session_replication_role");
    await client.query("VACUUM ANALYZE notify.notification");
  } finally {
    client.release();
  }
}

/** Milliseconds until Novu has the lone notification of a tenant. */
async function loneRow(tenant: string): Promise<number> {
  const { control } = lab().novu;
  const match = { path: sendingPaths, bodyIncludes: `lone-${tenant}` };
  // Put before the order for all calls, and as slow: its hit is this notification's call.
  control.clearFaults();
  const call = control.addFault({ match, delayMs: novuMs });
  slowNovu();
  const begin = performance.now();
  const [id = ""] = await lab().insert(1, { enterprise_id: tenant, recipients: `["lone-${tenant}"]` });
  const why = () => `a lone notification of ${tenant} waits behind a million of another tenant`;
  await until(() => call.hits > 0, 15_000, why);
  const ms = performance.now() - begin;
  await until(async () => (await show(lab().db, id))?.status === "SENT", 15_000, why);
  return ms;
}

const memoryOf = async (worker: RunningWorker) => Number((await worker.get("/status"))?.body.memoryMb);
const scanned = async () => {
  const { rows } = await lab().db.query<{ read: string; sent: string }>(
    `SELECT (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relid = 'notify.notification'::regclass) AS read,
       (SELECT count(*) FROM (SELECT FROM notify.notification WHERE status = 'SENT') s) AS sent`,
  );
  return { read: Number(rows[0]?.read), sent: Number(rows[0]?.sent) };
};

faultTest(
  27,
  "a million rows of one tenant wait: memory stays flat, scans use indexes, another tenant's lone row is with Novu within a second",
  async () => {
    await backlog();
    slowNovu();
    const worker = await lab().readyWorker({ XNOVU_LEASE_MS: "60000", XNOVU_CLAIM_MAX: "10000" });
    await until(async () => Number((await worker.get("/status"))?.body.memoryMb) > 0);
    await until(() => lab().calls() > 20, 30_000);
    const [memory, calls] = [await memoryOf(worker), lab().calls()];
    await lab().db.query("SELECT pg_stat_reset_single_table_counters('notify.notification'::regclass)");
    for (const tenant of ["quiet", "calm", "zen", "after", "mild"]) {
      const ms = await loneRow(tenant);
      assert.ok(ms < 1_000, `Novu has the lone notification of ${tenant} after ${ms.toFixed(0)} ms`);
    }
    await until(() => lab().calls() > calls + 100, 60_000);
    const { rows } = await lab().db.query<{ left: boolean }>(
      "SELECT EXISTS (SELECT FROM notify.notification WHERE status = 'PENDING' OFFSET 500000) AS left",
    );
    assert.ok(rows[0]?.left, "the backlog is gone: nothing was shown");
    const { read } = await scanned().catch(() => ({ read: Number.NaN }));
    const grown = (await memoryOf(worker)) - memory;
    assert.ok(grown < 100, `memory grew by ${grown} MB`);
    // The test's own two looks at the whole table are the allowance.
    assert.ok(read < 3 * million, `${read} rows were read by scans of the whole table`);
    assert.is(worker.child.exit(), undefined);
  },
);

test.run();
