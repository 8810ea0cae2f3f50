import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimKind, ClaimPort } from "../core/delivery.ts";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { insertRows, type Row, token, withClient } from "./database.fixture.ts";
import { createPool } from "./pool.ts";
import { sql } from "./sql.ts";

const test = suite("claims");
let database: TestDatabase;
let pool: pg.Pool;
let claims: ClaimPort;

test.before(async () => {
  database = await testDatabase();
  // A claim that waits for another's lock is a fault: the time limit makes it one.
  pool = createPool({ url: database.url, poolSize: 10, statementTimeoutMs: 1_500, name: "test" });
  claims = createClaims(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
});
test.after(async () => {
  await pool.end();
  await database.close();
});

const lease = 60_000;
const claim = (kind: ClaimKind, limit = 100) => claims.claim(kind, "w1", lease, limit);
const heldBy = async (held: string) =>
  (
    await pool.query<{ id: string }>("SELECT id FROM notify.notification WHERE lease_token = $1 ORDER BY id", [held])
  ).rows.map(({ id }) => id);
const one = async (id: string) =>
  (await pool.query<Record<string, unknown>>("SELECT * FROM notify.notification WHERE id = $1", [id])).rows[0] ?? {};
const set = (ids: readonly string[], change: string) =>
  pool.query(`UPDATE notify.notification SET ${change} WHERE id = ANY ($1)`, [ids]);
const free = "lease_token = NULL, lease_owner = NULL, lease_until = NULL";
const rows = (n: number, row: Row = {}): Row[] => Array.from({ length: n }, () => row);

/** Rows that failed once and are due again. */
async function failedRows(n: number, row: Row = {}): Promise<string[]> {
  const ids = await insertRows(pool, rows(n, row));
  await claim("new", n);
  await set(
    ids,
    `status = 'FAILED', error = 'e', next_attempt_at = now() - interval '1 second', batch_id = NULL, ${free}`,
  );
  return ids;
}
const dueRows: Readonly<Record<ClaimKind, (n: number) => Promise<string[]>>> = {
  new: (n) => insertRows(pool, rows(n)),
  failed: (n) => failedRows(n),
  scheduled: (n) => insertRows(pool, rows(n, { scheduledInMs: -1_000 })),
};

for (const kind of ["new", "failed", "scheduled"] as const) {
  test(`${kind}: a claim held open in a transaction, and the next one takes other rows without waiting`, async () => {
    const ids = await dueRows[kind](6);
    await withClient(database.url, async (holder) => {
      const held = token();
      await holder.query("BEGIN");
      const first = await holder.query<{ id: string }>(sql(`claim-${kind}`), [held, "w0", lease, 3]);
      assert.is(first.rowCount, 3);
      const second = await claim(kind, 100);
      assert.is(second.count, 3);
      assert.is((await claim(kind)).count, 0);
      await holder.query("COMMIT");
      assert.equal([...(await heldBy(held)), ...(await heldBy(second.token))].sort(), [...ids].sort());
    });
  });

  test(`${kind}: a claim fills in lease, attempt and batch, and leaves the limit's rest`, async () => {
    const ids = await dueRows[kind](3);
    const before = await one(ids[0] ?? "");
    const { token: held, count } = await claim(kind, 2);
    assert.is(count, 2);
    assert.equal(await heldBy(held), ids.slice(0, 2));
    const row = await one(ids[0] ?? "");
    assert.equal([row.status, row.lease_owner, row.attempts], ["PROCESSING", "w1", Number(before.attempts) + 1]);
    assert.is(row.next_attempt_at, null);
    assert.match(String(row.batch_id), /^[0-9a-f-]{36}$/);
    const { rows: left } = await pool.query<{ ms: number }>(
      "SELECT extract(epoch FROM lease_until - now())::float * 1000 AS ms FROM notify.notification WHERE id = $1",
      [ids[0]],
    );
    assert.ok(Math.abs((left[0]?.ms ?? 0) - lease) < 5_000, String(left[0]?.ms));
  });
}

test("new: highest priority first, then the oldest", async () => {
  const ids = await insertRows(
    pool,
    [10, 50, 90, 50, 90, 10].map((priority) => ({ priority })),
  );
  const order = [];
  for (let i = 0; i < 6; i++) order.push(...(await heldBy((await claim("new", 1)).token)));
  assert.equal(
    order,
    [2, 4, 1, 3, 0, 5].map((i) => ids[i]),
  );
});

test("scheduled: only what is due by the database's clock, longest due first", async () => {
  const ids = await insertRows(
    pool,
    [60_000, -1_000, -5_000, 0].map((scheduledInMs) => ({ scheduledInMs })),
  );
  assert.is((await claim("new")).count, 0, "a scheduled row is not a new one");
  const order = [];
  for (let i = 0; i < 4; i++) order.push(...(await heldBy((await claim("scheduled", 1)).token)));
  assert.equal(
    order,
    [2, 1, 3].map((i) => ids[i]),
  );
  // This process's clock has no say.
  const now = Date.now;
  Date.now = () => now() + 3_600_000;
  try {
    assert.is((await claim("scheduled")).count, 0);
  } finally {
    Date.now = now;
  }
  await set(ids.slice(0, 1), "scheduled_for = now()");
  assert.is((await claim("scheduled")).count, 1);
});

test("failed: only what is due again", async () => {
  const [later = "", due = ""] = await failedRows(2);
  await set([later], "next_attempt_at = now() + interval '1 minute'");
  assert.equal(await heldBy((await claim("failed")).token), [due]);
});

test("failed: a row brings the other failed rows of its batch along, and its batch stays", async () => {
  const [a = "", b = "", sent = "", alone = ""] = await failedRows(4);
  const batch = token();
  await set([a, b], `batch_id = '${batch}'`);
  await set([b, alone], "next_attempt_at = now() + interval '1 hour'");
  // A batch mate that was settled meanwhile is not sent again.
  await set([sent], `status = 'PENDING', next_attempt_at = NULL, batch_id = '${batch}'`);
  const { token: held, count } = await claim("failed", 1);
  assert.is(count, 2);
  assert.equal(await heldBy(held), [a, b]);
  assert.equal([(await one(a)).batch_id, (await one(b)).batch_id], [batch, batch]);
  assert.is((await one(alone)).status, "FAILED");
});

test("rows are packed into batches of about 100 recipients", async () => {
  const recipients = Array.from({ length: 40 }, (_, i) => `u${i}`);
  const ids = await insertRows(pool, rows(5, { recipients }));
  await claim("new");
  const batches = await Promise.all(ids.map(async (id) => (await one(id)).batch_id));
  assert.is(new Set(batches).size, 2);
  assert.is(batches[0], batches[1]);
  assert.is(batches[2], batches[4]);
});

async function expired(n: number, row: Row): Promise<string[]> {
  const ids = await insertRows(pool, rows(n, row));
  await claim("new", n);
  await set(ids, "lease_until = now() - interval '1 second'");
  return ids;
}

test("sweep: an expired lease is taken over under a new token, or buried after the last attempt", async () => {
  const [lost = "", live = ""] = await expired(2, {});
  const [last = ""] = await expired(1, { maxAttempts: 1 });
  await set([live], "lease_until = now() + interval '1 minute'");
  const before = await one(lost);
  const { token: held, count, dead } = await claims.sweep("w2", lease, 100);
  assert.equal([count, dead], [1, 1]);
  const row = await one(lost);
  assert.equal([row.lease_token, row.lease_owner, row.attempts, row.batch_id], [held, "w2", 2, before.batch_id]);
  assert.is((await one(live)).lease_owner, "w1");
  const buried = await one(last);
  assert.is(buried.status, "DEAD");
  assert.is(buried.error, "the worker w1 went silent while it delivered this, on attempt 1 of 1");
  assert.equal([(await claims.sweep("w2", lease, 100)).count, (await claims.sweep("w2", lease, 100)).dead], [0, 0]);
});

test("sweep: the mates of a batch are taken over together, so that the repeated call is the same one", async () => {
  const mates = await expired(5, {});
  const [alone = ""] = await expired(1, {});
  const { token: held, count } = await claims.sweep("w2", lease, 2);
  assert.is(count, 5);
  assert.equal(await heldBy(held), mates);
  assert.is((await one(alone)).lease_owner, "w1");
});

for (const [file, values, maxAttempts] of [
  ["take-over", [token(), "w0", lease, 2], 8],
  ["bury-expired", [2], 1],
] as const)
  test(`sweep: ${file} held open in a transaction, and the next sweep takes other rows without waiting`, async () => {
    // Each in a batch of its own: mates come along over the limit.
    for (let n = 0; n < 4; n++) await expired(1, { maxAttempts });
    await withClient(database.url, async (holder) => {
      await holder.query("BEGIN");
      assert.is((await holder.query(sql(file), [...values])).rowCount, 2);
      const { count, dead } = await claims.sweep("w2", lease, 100);
      assert.is(count + dead, 2);
      await holder.query("ROLLBACK");
    });
  });

test("release gives a claim's rows back with their attempt, and keeps the batch", async () => {
  const [a = "", b = ""] = await insertRows(pool, rows(2));
  const { token: held } = await claim("new", 1);
  const other = await claim("new", 1);
  const { batch_id } = await one(a);
  assert.is(await claims.release(token()), 0, "another token holds nothing");
  assert.is(await claims.release(held), 1);
  assert.is(await claims.release(held), 0);
  const row = await one(a);
  assert.equal([row.status, row.attempts, row.lease_token, row.batch_id], ["PENDING", 0, null, batch_id]);
  assert.equal(await heldBy(other.token), [b]);
  await claim("new");
  assert.is((await one(a)).batch_id, batch_id, "claimed again, it stays in its batch");
});

test("releaseAll gives back every row of one owner, and no other's", async () => {
  const ids = await insertRows(pool, rows(3));
  await claims.claim("new", "w1", lease, 1);
  await claims.claim("new", "w1", lease, 1);
  const other = await claims.claim("new", "w2", lease, 1);
  assert.is(await claims.releaseAll("w1"), 2);
  const states = await Promise.all(ids.map(async (id) => (await one(id)).attempts));
  assert.equal(states, [0, 0, 1]);
  assert.equal(await heldBy(other.token), [ids[2]]);
});

test.run();
