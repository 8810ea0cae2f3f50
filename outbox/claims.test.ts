import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimKind, ClaimPort } from "../core/delivery.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { createClaims, recipientsPerBatch, tenantsPerClaim } from "./claims.ts";
import { insertRows, openDatabase, queryOf, type Row, token, withClient } from "./database.fixture.ts";
import { createPool } from "./pool.ts";

const test = suite("claims");
let database: TestDatabase;
let pool: pg.Pool;
let claims: ClaimPort;

// A claim must not wait for another's lock: the time limit turns waiting into an error.
openDatabase(
  test,
  (opened) => {
    ({ database, pool } = opened);
    claims = createClaims(pool);
  },
  (url) => createPool({ url, poolSize: 10, statementTimeoutMs: 1_500, name: "test" }),
);
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
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
const dueRows: Readonly<Record<ClaimKind, (n: number, row?: Row) => Promise<string[]>>> = {
  new: (n, row) => insertRows(pool, rows(n, row)),
  failed: (n, row) => failedRows(n, row),
  scheduled: (n, row) => insertRows(pool, rows(n, { ...row, scheduledInMs: -1_000 })),
};

for (const kind of ["new", "failed", "scheduled"] as const) {
  test(`${kind}: a claim held open in a transaction, and the next one takes other rows without waiting`, async () => {
    const ids = await dueRows[kind](6);
    await withClient(database.url, async (holder) => {
      const held = token();
      await holder.query("BEGIN");
      const values = { token: held, owner: "w0", leaseMs: lease, limit: 3, after: "", probe: false };
      const first = await holder.query<{ id: string }>(
        queryOf(`claim-${kind}`, { ...values, tenantsPerClaim, recipientsPerBatch }),
      );
      assert.is(first.rowCount, 3);
      const second = await claim(kind, 100);
      assert.is(second.rows.length, 3);
      assert.is((await claim(kind)).rows.length, 0);
      await holder.query("COMMIT");
      assert.equal([...(await heldBy(held)), ...(await heldBy(second.token))].sort(), [...ids].sort());
    });
  });

  test(`${kind}: a claim fills in lease, attempt and batch, and leaves the limit's rest`, async () => {
    const ids = await dueRows[kind](3);
    const before = await one(ids[0] ?? "");
    const { token: held, rows: got } = await claim(kind, 2);
    assert.equal(
      got.map(({ id }) => id),
      ids.slice(0, 2),
    );
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
  assert.is((await claim("new")).rows.length, 0, "a scheduled row is not a new one");
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
    assert.is((await claim("scheduled")).rows.length, 0);
  } finally {
    Date.now = now;
  }
  await set(ids.slice(0, 1), "scheduled_for = now()");
  assert.is((await claim("scheduled")).rows.length, 1);
});

test("failed: only what is due again", async () => {
  const [later = "", due = ""] = await failedRows(2);
  await set([later], "next_attempt_at = now() + interval '1 minute'");
  assert.equal(await heldBy((await claim("failed")).token), [due]);
});

test("scheduled: rows of a tenant before their time are left, also beside one that is due", async () => {
  const [due = ""] = await insertRows(pool, [{ scheduledInMs: -1_000 }, { scheduledInMs: 60_000 }]);
  assert.equal(await heldBy((await claim("scheduled")).token), [due]);
});

test("failed: a claim includes the other failed rows of a batch, and the batch stays", async () => {
  const [a = "", b = "", ended = "", alone = ""] = await failedRows(4);
  const batch = token();
  await set([a, b], `batch_id = '${batch}'`);
  await set([b, alone], "next_attempt_at = now() + interval '1 hour'");
  // A row of the batch that ended meanwhile is not sent again.
  await set([ended], `status = 'RETRACTED', next_attempt_at = NULL, batch_id = '${batch}'`);
  const { token: held, rows: got } = await claim("failed", 1);
  assert.is(got.length, 2);
  assert.equal(await heldBy(held), [a, b]);
  assert.equal([(await one(a)).batch_id, (await one(b)).batch_id], [batch, batch]);
  assert.is((await one(alone)).status, "FAILED");
});

for (const kind of ["new", "failed", "scheduled"] as const)
  test(`${kind}: a claim includes all waiting rows of a batch, released or failed, and no fresh row`, async () => {
    const [first = "", failed = "", released = "", later = ""] = await failedRows(4);
    const [fresh = ""] = await insertRows(pool, rows(1));
    const batch = token();
    const ids = [first, failed, released, later];
    await set(ids, `batch_id = '${batch}', next_attempt_at = now() + interval '1 hour'`);
    const pending = "status = 'PENDING', next_attempt_at = NULL";
    await set([released], pending);
    await set([later], `${pending}, scheduled_for = now() + interval '1 hour'`);
    if (kind === "failed") await set([first], "next_attempt_at = now()");
    else await set([first], `${pending}, priority = 90${kind === "scheduled" ? ", scheduled_for = now()" : ""}`);
    const { token: held, rows: got } = await claim(kind, 1);
    assert.equal(
      got.map(({ id, batchId }) => [id, batchId]),
      [first, failed, released].map((id) => [id, batch]),
    );
    assert.equal(await heldBy(held), [first, failed, released]);
    assert.equal([(await one(fresh)).batch_id, (await one(later)).status], [null, "PENDING"]);
  });

for (const kind of ["new", "failed", "scheduled"] as const)
  test(`${kind}: a claim does not wait for a row of the same batch that another transaction has locked`, async () => {
    const [first = "", locked = "", waiting = ""] = await failedRows(3);
    const batch = token();
    await set([first, locked, waiting], `batch_id = '${batch}', next_attempt_at = now() + interval '1 hour'`);
    if (kind === "failed") await set([first], "next_attempt_at = now()");
    else
      await set(
        [first],
        `status = 'PENDING', next_attempt_at = NULL, scheduled_for = ${kind === "scheduled" ? "now()" : "NULL"}`,
      );
    await withClient(database.url, async (holder) => {
      await holder.query("BEGIN");
      await holder.query("SELECT FROM notify.notification WHERE id = $1 FOR UPDATE", [locked]);
      const { rows: got } = await claim(kind, 1);
      assert.equal(
        got.map(({ id }) => id),
        [first, waiting],
      );
      await holder.query("ROLLBACK");
    });
    assert.is((await one(locked)).status, "FAILED");
  });

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a claim returns its rows as the delivery needs them, in the order of their ids", async () => {
  const recipients = ["u1", { email: "a@b.c", subscriberId: "u2" }, { type: "Topic", topicKey: "t" }];
  const ids = await insertRows(pool, [{ recipients, priority: 1 }, {}, { priority: 99 }]);
  await pool.query(
    `UPDATE notify.notification SET channels = '{sms}', traceparent = $2, payload = '{"a": 12345678901234567890}' WHERE id = $1`,
    [ids[0], traceparent],
  );
  await pool.query(`UPDATE notify.notification SET recipients = '[{"subscriberId": "é, ]"}]' WHERE id = $1`, [ids[1]]);
  const { rows: got } = await claim("new");
  assert.equal(got[1]?.recipients, ['{"subscriberId": "é, ]"}']);
  assert.equal(
    got.map(({ id }) => id),
    ids,
  );
  const { batch_id, transaction_id } = await one(ids[0] ?? "");
  const waitedMs = got[0]?.waitedMs ?? -1;
  assert.ok(waitedMs >= 0 && waitedMs < 60_000, `waited ${waitedMs} ms`);
  assert.equal(got[0], {
    id: ids[0],
    enterpriseId: "acme",
    workflow: "email",
    recipients: ['"u1"', '{"email": "a@b.c", "subscriberId": "u2"}', '{"type": "Topic", "topicKey": "t"}'],
    payload: '{"a": 12345678901234567890, "channels": ["sms"]}',
    overrides: "{}",
    transactionId: transaction_id,
    attempts: 1,
    maxAttempts: 8,
    batchId: batch_id,
    settled: [],
    sentBefore: false,
    waitedMs,
    traceparent,
  });
  assert.is(got[1]?.traceparent, undefined);
});

test("a released row is claimed again with its settled recipients", async () => {
  const [id = ""] = await insertRows(pool, [{ recipients: ["a", "b", "c"] }]);
  const { token: held } = await claim("new");
  await pool.query(
    "INSERT INTO notify.notification_recipient VALUES ($1, 2, 't', 'SENT', NULL), ($1, 0, 't', 'DEAD', 'e')",
    [id],
  );
  await claims.release(held, [id]);
  const [row] = (await claim("new")).rows;
  assert.equal([row?.settled, row?.sentBefore, row?.attempts], [[0, 2], true, 1]);
});

for (const kind of ["new", "failed", "scheduled"] as const)
  test(`${kind}: rows are packed into batches of about 100 recipients`, async () => {
    const recipients = Array.from({ length: 40 }, (_, i) => `u${i}`);
    const ids = await dueRows[kind](5, { recipients });
    await claim(kind);
    const batches = await Promise.all(ids.map(async (id) => (await one(id)).batch_id));
    // 80 recipients, then 120.
    assert.equal(
      batches.map((batch) => batches.indexOf(batch)),
      [0, 0, 2, 2, 2],
    );
  });

test("release returns the rows of a claim and their attempt, and keeps the batch", async () => {
  const [a = "", b = ""] = await insertRows(pool, rows(2));
  const { token: held } = await claim("new", 1);
  const other = await claim("new", 1);
  const { batch_id } = await one(a);
  assert.is(await claims.release(token(), [a, b]), 0, "another token holds nothing");
  assert.is(await claims.release(held, [a, b]), 1, "another claim's row stays");
  assert.is(await claims.release(held, [a]), 0);
  const row = await one(a);
  assert.equal([row.status, row.attempts, row.lease_token, row.batch_id], ["PENDING", 0, null, batch_id]);
  assert.equal(await heldBy(other.token), [b]);
  await claim("new");
  assert.is((await one(a)).batch_id, batch_id, "claimed again, it stays in its batch");
});

test("releaseAll releases every row of one owner, and no other", async () => {
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
