// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { type FaultLab, leaveSoon, openLab, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";
import { type TestTemporal, testTemporal } from "../support/temporal.ts";
import { until } from "../support/worker.ts";

// A Postgres that answers late, or not at all on connections that look alive.
let database: TestDatabase;
let temporal: TestTemporal;
let proxy: TcpProxy;
let lab: FaultLab;
let through: Record<string, string>;

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  proxy = await tcpProxy(new URL(database.url).host);
  lab = await openLab(database.url, temporal.address);
  through = { DATABASE_URL: proxy.through(database.url), XNOVU_RESTART_LIMIT: "0", XNOVU_STATEMENT_TIMEOUT_MS: "1000" };
});
test.before.each(() => lab.clear());
test.after(async () => {
  await lab?.killWorkers();
  await Promise.allSettled([lab?.close(), proxy?.close()]);
  await Promise.all([database?.close(), temporal?.close()]);
  leaveSoon();
});

faultTest(12, "half-open connections to Postgres: queries time out, it reconnects, no lock stays behind", async () => {
  const worker = await lab.readyWorker({ ...through, POLL_BATCH_SIZE: "20" });
  lab.novu.control.addFault({ match: { path: sendingPaths }, delayMs: 30, times: 100_000 });
  await lab.insert(1_000);
  for (let round = 0; round < 3; round++) {
    await sleep(300);
    proxy.strand();
    await sleep(2_000);
  }
  await lab.insert(20, { recipients: '["after"]' });
  await lab.held({}, 45_000);
  assert.is(worker.child.exit(), undefined);
  await worker.ready();
});

faultTest(12, "a network to Postgres that goes and comes back: not ready, alive, then it goes on", async () => {
  const worker = await lab.readyWorker(through);
  proxy.hold();
  await until(async () => (await worker.get("/health/ready"))?.code === 503, 20_000);
  assert.is((await worker.get("/health/live"))?.code, 200);
  proxy.pass();
  await worker.ready();
  await lab.insert(20);
  await lab.held();
});

/** Each row that is claimed takes 25 ms: a hundred of them pass the statement's time limit of one second. */
const slowClaims = `
CREATE FUNCTION audit.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.025); RETURN NEW; END $$;
CREATE TRIGGER audit_slow BEFORE UPDATE ON notify.notification FOR EACH ROW
  WHEN (OLD.status IN ('PENDING', 'FAILED') AND NEW.status = 'PROCESSING') EXECUTE FUNCTION audit.slow()`;

faultTest(
  14,
  "slow Postgres: polls never overlap, and the batch shrinks until a claim fits its time limit",
  async () => {
    await lab.db.query(slowClaims);
    let most = 0;
    const over = new AbortController();
    const watching = watchClaims(over.signal, (count) => {
      most = Math.max(most, count);
    });
    try {
      const worker = await lab.readyWorker({ ...through, POLL_BATCH_SIZE: "100" });
      await lab.insert(200);
      await lab.held({}, 40_000);
      assert.is(worker.child.exit(), undefined);
    } finally {
      over.abort();
      await watching;
      await lab.db.query("DROP TRIGGER audit_slow ON notify.notification; DROP FUNCTION audit.slow()");
    }
    assert.is(most, 1, "a loop claims once at a time");
    const { rows } = await lab.db.query<{ most: number }>(
      "SELECT max(count)::int AS most FROM (SELECT count(*) FROM audit.change WHERE to_status = 'PROCESSING' GROUP BY token) AS claims",
    );
    assert.ok(Number(rows[0]?.most) < 100, `a claim of ${rows[0]?.most} rows`);
  },
);

/** Tells how many runs of the same claiming statement are under way at once, again and again. */
async function watchClaims(signal: AbortSignal, tell: (most: number) => void): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await lab.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()
         AND query ILIKE '%SKIP LOCKED%' AND query LIKE '%PROCESSING%' GROUP BY query`,
    );
    for (const { count } of rows) tell(count);
    await sleep(20);
  }
}

faultTest(16, "pool exhausted: waiting for a connection ends, health answers, and it goes on", async () => {
  const worker = await lab.readyWorker({
    ...through,
    XNOVU_STATEMENT_TIMEOUT_MS: "15000",
    XNOVU_DATABASE_POOL_SIZE: "2",
  });
  const client = await lab.db.connect();
  try {
    await client.query("BEGIN; LOCK TABLE notify.notification IN ACCESS EXCLUSIVE MODE");
    const end = Date.now() + 9_000;
    let noticed = false;
    while (Date.now() < end) {
      const begin = Date.now();
      assert.is((await worker.get("/health/live"))?.code, 200);
      noticed ||= (await worker.get("/health"))?.code === 503;
      assert.ok(Date.now() - begin < 2_000, "a probe waits for the pool");
      await sleep(250);
    }
    assert.ok(noticed, "nine seconds without a connection, and health says nothing");
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
  await lab.insert(50);
  await lab.held();
  assert.is(worker.child.exit(), undefined);
});

test.run();
