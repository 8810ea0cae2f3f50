// Rows whose worker stopped responding are rescued with their batch, isolated once they are poison rows, and dead-lettered after their last attempt.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimPort } from "../core/delivery.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { createClaims, workerLock } from "./claims.ts";
import { insertRows, openDatabase, queryOf, type Row, token, withClient } from "./database.fixture.ts";
import { listen } from "./listener.ts";

const test = suite("rescue");
const lease = 60_000;
let database: TestDatabase;
let pool: pg.Pool;
let claims: ClaimPort;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
  claims = createClaims(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
});

const one = async (id: string) =>
  (await pool.query<Record<string, unknown>>("SELECT * FROM notify.notification WHERE id = $1", [id])).rows[0] ?? {};
const set = (ids: readonly string[], change: string) =>
  pool.query(`UPDATE notify.notification SET ${change} WHERE id = ANY ($1)`, [ids]);
const silent = () =>
  pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s' WHERE status = 'PROCESSING'");
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

/** Rows of one claim whose lease ran out. */
async function expired(n: number, row: Row = {}): Promise<string[]> {
  const ids = await insertRows(
    pool,
    Array.from({ length: n }, () => row),
  );
  await claims.claim("new", "w1", lease, n);
  await set(ids, "lease_until = now() - interval '1 second'");
  return ids;
}

test("an expired row is rescued under a new token, or moved to the dead letters after the last attempt", async () => {
  const [lost = "", live = ""] = await expired(2);
  const [last = ""] = await expired(1, { maxAttempts: 1 });
  await set([live], "lease_until = now() + interval '1 minute'");
  const before = await one(lost);
  const { batch_id: ofLast } = await one(last);
  const { token: held, rows, dead, poisonRows } = await claims.rescue("w2", lease, 100);
  assert.equal([idsOf(rows), dead, poisonRows], [[lost], 1, false]);
  const row = await one(lost);
  assert.equal([row.lease_token, row.lease_owner, row.attempts, row.batch_id], [held, "w2", 2, before.batch_id]);
  assert.is((await one(live)).lease_owner, "w1");
  const deadLettered = await one(last);
  assert.equal(
    [deadLettered.status, deadLettered.batch_id],
    ["DEAD", ofLast],
    "what its last call did is unknown: sent again, it is the same one",
  );
  assert.is(deadLettered.error, "the worker w1 stopped responding while it delivered this, on attempt 1 of 1");
  const { rows: none, dead: nor } = await claims.rescue("w2", lease, 100);
  assert.equal([none.length, nor], [0, 0]);
});

test("the rows of a batch are rescued together, so that the repeated call is the same one", async () => {
  const batchRows = await expired(5);
  const [alone = ""] = await expired(1);
  const { rows } = await claims.rescue("w2", lease, 2);
  assert.equal(idsOf(rows), batchRows);
  assert.is((await one(alone)).lease_owner, "w1");
});

for (const [file, values, maxAttempts] of [
  ["rescue", { token: token(), owner: "w0", leaseMs: lease, limit: 2, isolateFrom: 3, probe: false }, 8],
  ["dead-letter-expired", { limit: 2 }, 1],
] as const)
  test(`${file} held open in a transaction does not block the next rescue, which takes other rows`, async () => {
    // Each in its own batch: a rescue includes the other rows of a batch over the limit.
    for (let n = 0; n < 4; n++) await expired(1, { maxAttempts });
    await withClient(database.url, async (holder) => {
      await holder.query("BEGIN");
      assert.is((await holder.query(queryOf(file, values))).rowCount, 2);
      const { rows, dead } = await claims.rescue("w2", lease, 100);
      assert.is(rows.length + dead, 2);
      await holder.query("ROLLBACK");
    });
  });

test("rows whose last three workers stopped responding are rescued one at a time, each with its own batch", async () => {
  const ids = await expired(3);
  const batch = (await one(ids[0] ?? "")).batch_id;
  for (const attempts of [2, 3]) {
    const { rows, poisonRows } = await claims.rescue("w2", lease, 100);
    assert.equal([idsOf(rows), poisonRows], [ids, false], `attempt ${attempts}: all together`);
    await silent();
  }
  const [fresh = ""] = await expired(1);
  const { rows, poisonRows } = await claims.rescue("w2", lease, 100);
  assert.equal([idsOf(rows), poisonRows], [[fresh], true], "a rescue leaves poison rows, and says that there are some");
  const batches = new Set([batch]);
  for (let n = 0; n < 3; n++) {
    const { rows: alone, token: held } = await claims.rescueIsolated("w2", lease);
    assert.is(alone.length, 1);
    const [row] = alone;
    assert.equal([row?.attempts, (await one(row?.id ?? "")).lease_token], [4, held]);
    batches.add(row?.batchId);
  }
  assert.is(batches.size, 4);
  assert.is((await claims.rescueIsolated("w2", lease)).rows.length, 0);
  assert.is((await claims.rescue("w2", lease, 100)).poisonRows, false);
});

for (const [maxAttempts, lost] of [
  [5, 3],
  [3, 2],
  [2, 1],
] as const)
  test(`of ${maxAttempts} attempts, a row that stops its worker each time is moved to the dead letters, and the other rows of its batch lose ${lost} and are sent`, async () => {
    const ids = await expired(4, { maxAttempts });
    const poison = ids[2];
    const sent: string[] = [];
    // The worker stops responding whenever it holds the poison row.
    const deliver = async (held: string, rows: readonly string[]) => {
      if (poison !== undefined && rows.includes(poison)) return void (await silent());
      await pool.query(queryOf("mark-sent", { token: held, ids: rows }));
      sent.push(...rows);
    };
    for (let round = 0; round < 30; round++) {
      const { token: held, rows, poisonRows } = await claims.rescue("w2", lease, 100);
      await deliver(held, idsOf(rows));
      if (rows.length > 0 || !poisonRows) continue;
      const alone = await claims.rescueIsolated("w2", lease);
      await deliver(alone.token, idsOf(alone.rows));
    }
    const { rows } = await pool.query("SELECT id, status, attempts FROM notify.notification ORDER BY id");
    assert.equal(
      rows,
      ids.map((id) =>
        id === poison ? { id, status: "DEAD", attempts: maxAttempts } : { id, status: "SENT", attempts: lost + 1 },
      ),
    );
    assert.is(sent.length, 3);
  });

test("a poison row held open in a transaction is skipped, and another one is rescued without waiting", async () => {
  const ids = await expired(2);
  await set(ids, "attempts = 3");
  await withClient(database.url, async (holder) => {
    await holder.query("BEGIN");
    const first = await holder.query<{ id: string }>(
      queryOf("rescue-isolated", { token: token(), owner: "w0", leaseMs: lease, isolateFrom: 3, probe: false }),
    );
    const { rows } = await claims.rescueIsolated("w2", lease);
    assert.equal([...idsOf(first.rows), ...idsOf(rows)].sort(), ids);
    assert.is((await claims.rescueIsolated("w3", lease)).rows.length, 0);
    await holder.query("ROLLBACK");
  });
});

/** A worker as far as its life is concerned: a listener that holds the lock. */
async function living(owner: string) {
  const stop = new AbortController();
  const connection = { url: database.url, statementTimeoutMs: 5_000, name: owner };
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    const handlers = { onWake: () => undefined, onListening: resolve, lock: workerLock(owner) };
    ended = listen(connection, { ...handlers, signal: stop.signal });
    ended.catch(reject);
  });
  return async () => {
    stop.abort();
    await ended;
  };
}

test("expire ends the leases of a worker that is gone, and of no other", async () => {
  const ids = await insertRows(pool, [{}, {}]);
  await claims.claim("new", "w1", lease, 1);
  await claims.claim("new", "w2", lease, 1);
  const end = await living("w2");
  assert.equal(await claims.expire("w2"), { gone: false, rows: 0 }, "it lives: its lock is held");
  assert.is((await claims.rescue("w3", lease, 10)).rows.length, 0);
  assert.equal(await claims.expire("w1"), { gone: true, rows: 1 });
  assert.equal(await claims.expire("w1"), { gone: true, rows: 0 }, "once is enough");
  assert.equal(idsOf((await claims.rescue("w3", lease, 10)).rows), [ids[0]]);
  await end();
  assert.equal(await claims.expire("w2"), { gone: true, rows: 1 });
  assert.equal(idsOf((await claims.rescue("w3", lease, 10)).rows), [ids[1]]);
});

test("expire leaves no lock behind: a worker of that name may start at once", async () => {
  await claims.expire("w9");
  const end = await living("w9");
  await end();
});

test("a killed worker counts as gone as soon as the server has seen its connection end", async () => {
  await insertRows(pool, [{}]);
  await claims.claim("new", "w5", lease, 1);
  const end = await living("w5");
  assert.is((await claims.expire("w5")).gone, false);
  await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'w5'");
  let gone = false;
  for (let i = 0; i < 100 && !gone; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    ({ gone } = await claims.expire("w5"));
  }
  assert.ok(gone);
  await end().catch(() => undefined);
});

test.run();
