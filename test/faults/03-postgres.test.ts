// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { databaseOn } from "../support/database.ts";
import { type FaultLab, leaveSoon, openLab, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { freeze } from "../support/process-tree.ts";
import { type PrivatePostgres, privatePostgres } from "../support/servers.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";
import { type TestTemporal, testTemporal } from "../support/temporal.ts";
import { type RunningWorker, until } from "../support/worker.ts";

// A Postgres of its own, which is restarted, frozen and made read-only under a worker that has work.
let postgres: PrivatePostgres;
let temporal: TestTemporal;
let proxy: TcpProxy;
let lab: FaultLab;
let through: Record<string, string>;

test.before(async () => {
  [postgres, temporal] = await Promise.all([privatePostgres(), testTemporal()]);
  const { url } = await databaseOn(postgres.url);
  proxy = await tcpProxy(new URL(url).host);
  lab = await openLab(url, temporal.address);
  // No part may fail: what is away is waited for.
  through = { DATABASE_URL: proxy.through(url), XNOVU_RESTART_LIMIT: "0", XNOVU_STATEMENT_TIMEOUT_MS: "1000" };
});
test.before.each(() => lab.clear());
test.after(async () => {
  await lab?.killWorkers();
  await Promise.allSettled([lab?.close(), proxy?.close()]);
  await Promise.all([postgres?.close(), temporal?.close()]);
  leaveSoon();
});

const slowNovu = (delayMs: number) =>
  void lab.novu.control.addFault({ match: { path: sendingPaths }, delayMs, times: 100_000 });
const alive = (worker: RunningWorker) =>
  assert.is(worker.child.exit(), undefined, `the worker ended:\n${worker.child.tail()}`);

async function duringWork(): Promise<RunningWorker> {
  const worker = await lab.readyWorker({ ...through, POLL_BATCH_SIZE: "10" });
  slowNovu(100);
  await lab.insert(400);
  await until(async () => ((await lab.counts()).SENT ?? 0) > 0);
  return worker;
}

for (const [mode, signal] of [
  ["fast", "SIGINT"],
  ["immediate", "SIGQUIT"],
] as const)
  faultTest(
    10,
    `Postgres restarted (${mode}) during work: no crash, no storm of connections, it continues`,
    async () => {
      const worker = await duringWork();
      const before = proxy.attempts();
      await postgres.server.kill(signal);
      await sleep(3_000);
      const tried = proxy.attempts() - before;
      await postgres.restart();
      await lab.held();
      alive(worker);
      await until(async () => (await worker.get("/health/ready"))?.code === 200);
      // Some ten things use the database; without backoff each would try again hundreds of times.
      assert.ok(tried < 150, `${tried} connections in three seconds`);
    },
  );

const terminate = () =>
  lab.db.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'xnovu%'",
  );

faultTest(11, "connections terminated, idle and in the middle of a query: it reconnects and goes on", async () => {
  const worker = await lab.readyWorker({ ...through, POLL_BATCH_SIZE: "10" });
  await sleep(500);
  await terminate();
  await lab.insert(20);
  await lab.held();
  slowNovu(50);
  await lab.insert(400, { recipients: '["again"]' });
  for (let round = 0; round < 8; round++) {
    await sleep(250);
    await terminate();
  }
  await lab.held();
  alive(worker);
});

faultTest(13, "Postgres frozen: alive yes, ready no, and every probe is answered", async () => {
  const worker = await lab.readyWorker(through);
  const thaw = freeze(postgres.server.pid);
  try {
    await until(
      async () => {
        const begin = Date.now();
        const code = (await worker.get("/health/ready"))?.code;
        assert.ok(Date.now() - begin < 2_000, "a probe hangs with the database");
        return code === 503;
      },
      20_000,
      () => "still ready",
    );
    assert.is((await worker.get("/health/live"))?.code, 200);
    await sleep(2_000);
    assert.is((await worker.get("/health/live"))?.code, 200);
  } finally {
    thaw();
  }
  await worker.ready();
  await lab.insert(20);
  await lab.held();
  alive(worker);
});

async function readOnly(on: boolean): Promise<void> {
  await lab.db.query(`ALTER SYSTEM SET default_transaction_read_only = ${on ? "on" : "off"}`);
  await lab.db.query("SELECT pg_reload_conf()");
}

/** Inserts although transactions are read-only unless they say otherwise. */
async function insertAllTheSame(count: number): Promise<void> {
  const client = await lab.db.connect();
  try {
    await client.query("BEGIN READ WRITE");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, payload, recipients)
       SELECT 'acme', 'mail-only', '{"name":"Ada"}', jsonb_build_array('ro' || n) FROM generate_series(1, $1::int) n`,
      [count],
    );
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

faultTest(
  15,
  "read-only database: nothing reaches Novu without a claim that is written; it resumes by itself",
  async () => {
    const worker = await lab.readyWorker({ ...through, XNOVU_NOVU_TIMEOUT_MS: "20000" });
    try {
      slowNovu(1_000);
      await lab.insert(30);
      await until(() => lab.calls() === 1);
      // The outcome of the call under way cannot be written, and new rows cannot be claimed.
      await readOnly(true);
      await insertAllTheSame(50);
      await sleep(2_500);
      assert.is((await lab.counts()).PENDING, 50);
      const reached = lab.novu.control.effects().filter(({ subscriberId }) => subscriberId.startsWith("ro"));
      assert.is(reached.length, 0, "sent without a claim");
      assert.is((await worker.get("/health/live"))?.code, 200);
      lab.novu.control.clearFaults();
    } finally {
      await readOnly(false);
    }
    await lab.held();
    alive(worker);
  },
);

test.run();
