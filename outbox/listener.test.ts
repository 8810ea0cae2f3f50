import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { messageOf } from "../core/errors.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { tcpProxy } from "../test/support/tcp-proxy.ts";
import { insertRows, openDatabase } from "./database.fixture.ts";
import { listen } from "./listener.ts";
import { isUnavailable } from "./unavailable.ts";

const test = suite("listener");
let database: TestDatabase;
let pool: pg.Pool;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
});

/** A listener that is on, and what woke it so far. */
async function started(stop = new AbortController(), lock?: string, url = database.url) {
  const woken: string[] = [];
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = listen(
      { url, statementTimeoutMs: 5_000, name: "test-listener" },
      {
        onWake: (kind) => void woken.push(kind),
        onListening: resolve,
        signal: stop.signal,
        ...(lock === undefined ? {} : { lock }),
      },
    ).then(
      () => "ended",
      (error: unknown) => error,
    );
    void ended.then(reject);
  });
  return { woken, ended, stop };
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
};
const listeners = async () =>
  (await pool.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'test-listener'")).rowCount;

test("a new row, one that is due and one put back wake it; one for later does not", async () => {
  const { woken, ended, stop } = await started();
  const wokenBy = async (work: () => Promise<unknown>) => {
    woken.length = 0;
    await work();
    await until(() => woken.length > 0);
    return [...woken];
  };
  assert.equal(await wokenBy(() => insertRows(pool, [{}])), ["new"]);
  assert.equal(await wokenBy(() => insertRows(pool, [{ scheduledInMs: -1 }])), ["scheduled"]);
  const dead = "UPDATE notify.notification SET status = 'DEAD', error = 'e'";
  assert.equal(await wokenBy(() => pool.query(`${dead}; UPDATE notify.notification SET status = 'PENDING'`)), [
    "new",
    "scheduled",
  ]);
  // The first row would have been notified first, so it was not notified.
  assert.equal(await wokenBy(async () => void (await insertRows(pool, [{ scheduledInMs: 60_000 }, {}]))), ["new"]);
  stop.abort();
  assert.is(await ended, "ended");
});

test("a row that is rolled back wakes nobody", async () => {
  const { woken, ended, stop } = await started();
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query(`SELECT notify.enqueue('acme', 'email', '"u"')`);
  await client.query("ROLLBACK");
  client.release();
  await insertRows(pool, [{}]);
  await until(() => woken.length > 0);
  assert.equal(woken, ["new"]);
  stop.abort();
  await ended;
});

test("it rejects when its connection is cut, and a new one listens again", async () => {
  const stop = new AbortController();
  const warnings: string[] = [];
  const note = (warning: Error) => void warnings.push(warning.message);
  process.on("warning", note);
  // More often than the ten listeners of one signal that Node takes for a leak.
  for (let i = 0; i < 12; i++) {
    const { ended } = await started(stop);
    await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-listener'");
    const error = await ended;
    assert.instance(error, Error);
    assert.ok(isUnavailable(error), messageOf(error));
  }
  const { woken, ended } = await started(stop);
  await insertRows(pool, [{}]);
  await until(() => woken.length > 0);
  assert.equal(woken, ["new"]);
  stop.abort();
  assert.is(await ended, "ended");
  process.off("warning", note);
  assert.equal(warnings, []);
});

test("it rejects when there is no server, and does nothing once it is stopped", async () => {
  const options = { url: "postgresql://u:p@127.0.0.1:1/d", statementTimeoutMs: 1_000, name: "test-listener" };
  const on = { onWake: () => undefined, onListening: () => assert.unreachable() };
  const error: unknown = await listen(options, { ...on, signal: new AbortController().signal }).catch(
    (e: unknown) => e,
  );
  assert.ok(isUnavailable(error), messageOf(error));
  await listen(options, { ...on, signal: AbortSignal.abort() });
});

test("it holds its worker's lock for as long as it is connected, and says that it listens only once it has it", async () => {
  const lock = "4711000000000000017";
  const free = async () =>
    (await pool.query<{ free: boolean }>("SELECT pg_try_advisory_lock($1) AND pg_advisory_unlock($1) AS free", [lock]))
      .rows[0]?.free;
  const stop = new AbortController();
  const first = await started(stop, lock);
  const second = new AbortController();
  const waits = started(second, lock);
  assert.is(await free(), false);
  await pool.query(
    `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
     WHERE a.application_name = 'test-listener' AND l.locktype = 'advisory' AND l.granted`,
  );
  assert.instance(await first.ended, Error);
  // A worker whose connection broke waits for the server to see that, and then has its lock again.
  const { ended } = await waits;
  assert.is(await free(), false);
  second.abort();
  await ended;
  for (let i = 0; i < 100 && !(await free()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is(await free(), true);
});

test("it ends soon when it is stopped while its connection is half-open", async () => {
  const proxy = await tcpProxy(new URL(database.url).host);
  try {
    const { ended, stop } = await started(undefined, undefined, proxy.through(database.url));
    proxy.strand();
    const begin = performance.now();
    stop.abort();
    const limit = new Promise((resolve) => setTimeout(resolve, 5_000, "still there").unref());
    assert.is(await Promise.race([ended, limit]), "ended");
    assert.ok(performance.now() - begin < 3_000);
  } finally {
    await proxy.close();
  }
});

test("it leaves no connection behind", async () => {
  const { ended, stop } = await started();
  assert.is(await listeners(), 1);
  stop.abort();
  await ended;
  for (let i = 0; i < 100 && (await listeners()) !== 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is(await listeners(), 0);
});

test.run();
