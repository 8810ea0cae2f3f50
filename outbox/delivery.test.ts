import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimPort, DeliveryPort, RecipientOutcome, Settlement, SettleResult } from "../core/delivery.ts";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { countByStatus } from "./counts.ts";
import { insertRows, poolOf, token } from "./database.fixture.ts";
import { createDelivery } from "./delivery.ts";
import { deadIds, redrive, retract } from "./operator.ts";
import { show } from "./reader.ts";

const test = suite("delivery");
const lease = 60_000;
let database: TestDatabase;
let pool: pg.Pool;
let claims: ClaimPort;
let delivery: DeliveryPort;

test.before(async () => {
  database = await testDatabase();
  pool = poolOf(database.url);
  claims = createClaims(pool);
  delivery = createDelivery(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
});
test.after(async () => {
  await pool.end();
  await database.close();
});

const two = ["u1", "u2"];

/** `n` claimed rows of two recipients each. */
async function claimed(n: number): Promise<{ held: string; ids: string[] }> {
  const ids = await insertRows(
    pool,
    Array.from({ length: n }, () => ({ recipients: two })),
  );
  const { token: held, count } = await claims.claim("new", "w1", lease, n);
  assert.is(count, n);
  return { held, ids };
}
const outcome = (notificationId: string, ordinal: number, error?: string): RecipientOutcome => ({
  notificationId,
  ordinal,
  transactionId: `acme:${notificationId}:${ordinal}`,
  sent: error === undefined,
  ...(error === undefined ? {} : { error }),
});
const outcomes = async () =>
  (
    await pool.query<Record<string, unknown>>(
      "SELECT notification_id AS id, ordinal, status, error FROM notify.notification_recipient ORDER BY 1, 2",
    )
  ).rows;
const everything = async () => ({
  rows: (await pool.query<Record<string, unknown>>("SELECT * FROM notify.notification ORDER BY id")).rows,
  events: (await pool.query<Record<string, unknown>>("SELECT * FROM notify.notification_event ORDER BY id")).rows,
  outcomes: await outcomes(),
});

const totals = ({ leaseLost, ...written }: SettleResult) => ({
  settled: Object.values(written).reduce((sum, count) => sum + count, 0),
  leaseLost,
});

test("adopt makes the caller the owner, renews the lease and gives the rows in the order of their ids", async () => {
  const [id = ""] = await insertRows(pool, [{ recipients: [...two, { type: "Topic", topicKey: "t" }] }]);
  await insertRows(pool, [{}, {}]);
  await pool.query(`UPDATE notify.notification SET channels = '{sms}', payload = '{"a": 1}' WHERE id = $1`, [id]);
  const { token: held } = await claims.claim("new", "w1", 1_000, 10);
  const rows = await delivery.adopt(held, "w2", lease);
  assert.equal(
    rows.map((row) => BigInt(row.id)),
    [...rows].map((row) => BigInt(row.id)).sort((a, b) => Number(a - b)),
  );
  const first = rows[0];
  assert.is(first?.id, id);
  assert.equal([first?.attempts, first?.maxAttempts, first?.settled, first?.sentBefore], [1, 8, [], false]);
  assert.equal(first?.payload, { a: 1, channels: ["sms"] });
  assert.is(first?.recipients.length, 3);
  const { rows: now } = await pool.query(
    "SELECT DISTINCT lease_owner, lease_until > now() + interval '50 s' AS renewed FROM notify.notification",
  );
  assert.equal(now, [{ lease_owner: "w2", renewed: true }]);
});

test("settle writes every outcome of a claim at once, recipients included", async () => {
  const { held, ids } = await claimed(5);
  const [sent = "", failed = "", kept = "", dead = "", pending = ""] = ids;
  const batch = (await show(pool, kept))?.id && (await everything()).rows[0]?.batch_id;
  const settlements: Settlement[] = [
    { id: sent, to: "SENT" },
    { id: failed, to: "FAILED", error: "later", retryInMs: 60_000, keepBatch: false },
    { id: kept, to: "FAILED", error: "no reply", retryInMs: 0, keepBatch: true },
    { id: dead, to: "DEAD", error: "refused" },
    { id: pending, to: "PENDING" },
  ];
  const recipients = [
    outcome(sent, 0),
    outcome(sent, 1),
    outcome(failed, 0),
    outcome(dead, 0, "bad"),
    outcome(dead, 1, "bad"),
  ];
  assert.equal(totals(await delivery.settle(held, settlements, recipients)), { settled: 5, leaseLost: 0 });
  const state = new Map((await everything()).rows.map((row) => [row.id, row]));
  const of = (id: string, ...names: string[]) => names.map((name) => state.get(id)?.[name] ?? null);
  assert.equal(of(sent, "status", "error", "batch_id", "attempts"), ["SENT", null, null, 1]);
  assert.ok(state.get(sent)?.sent_at);
  assert.equal(of(failed, "status", "error", "batch_id", "attempts"), ["FAILED", "later", null, 1]);
  assert.equal(of(kept, "status", "error", "batch_id", "attempts"), ["FAILED", "no reply", batch, 1]);
  assert.equal(of(dead, "status", "error", "batch_id", "attempts"), ["DEAD", "refused", null, 1]);
  assert.equal(of(pending, "status", "error", "batch_id", "attempts"), ["PENDING", null, batch, 0]);
  for (const id of ids) assert.equal(of(id, "lease_token", "lease_owner", "lease_until"), [null, null, null]);
  assert.is((await outcomes()).length, 5);
  const timeline = (await show(pool, dead))?.timeline ?? [];
  assert.equal(
    timeline.map(({ to, error }) => [to, error]),
    [
      ["PENDING", null],
      ["PROCESSING", null],
      ["DEAD", "refused"],
    ],
  );
  assert.ok(
    timeline.slice(1).every(({ workflowId, worker }) => workflowId === `xnovu-claim-${held}` && worker === "w1"),
  );
});

test("a fault in one settlement takes all of them back", async () => {
  const { held, ids } = await claimed(2);
  const [good = "", bad = ""] = ids;
  const before = await everything();
  const settlements: Settlement[] = [
    { id: good, to: "SENT" },
    { id: bad, to: "FAILED", error: "e", retryInMs: 0.5, keepBatch: false },
  ];
  await delivery.settle(held, settlements, [outcome(good, 0)]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.equal(await everything(), before);
});

test("an error text that Postgres cannot hold does not keep the row from being settled", async () => {
  const { held, ids } = await claimed(2);
  const [dead = "", failed = ""] = ids;
  const error = "a\u0000b \ud800 end";
  const settlements: Settlement[] = [
    { id: dead, to: "DEAD", error },
    { id: failed, to: "FAILED", error, retryInMs: 1, keepBatch: true },
  ];
  assert.equal(totals(await delivery.settle(held, settlements, [outcome(dead, 0, error)])), {
    settled: 2,
    leaseLost: 0,
  });
  assert.match((await show(pool, dead))?.error ?? "", /^ab . end$/u);
});

test("what is final for a recipient stays, and is not sent again", async () => {
  const { held, ids } = await claimed(1);
  const [id = ""] = ids;
  const again: Settlement = { id, to: "FAILED", error: "e", retryInMs: 0, keepBatch: false };
  await delivery.settle(held, [again], [outcome(id, 1)]);
  const next = await claims.claim("failed", "w1", lease, 10);
  const [row] = await delivery.adopt(next.token, "w1", lease);
  assert.equal([row?.settled, row?.sentBefore, row?.attempts], [[1], true, 2]);
  await delivery.settle(next.token, [{ id, to: "SENT" }], [outcome(id, 1, "late no"), outcome(id, 0)]);
  assert.equal(
    (await outcomes()).map(({ ordinal, status }) => [ordinal, status]),
    [
      [0, "SENT"],
      [1, "SENT"],
    ],
  );
});

test("a stale token writes nothing, anywhere", async () => {
  const { held: stale, ids } = await claimed(2);
  const [id = "", other = ""] = ids;
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 second'");
  const { token: fresh, count } = await claims.sweep("w2", lease, 10);
  assert.is(count, 2);
  const before = await everything();
  assert.equal(await delivery.adopt(stale, "w1", lease), []);
  assert.is(await delivery.renew(stale, lease), 0);
  assert.is(await claims.release(stale), 0);
  assert.is(await claims.releaseAll("w1"), 0);
  const late: Settlement[] = [
    { id, to: "SENT" },
    { id, to: "DEAD", error: "e" },
    { id, to: "FAILED", error: "e", retryInMs: 1, keepBatch: true },
    { id, to: "PENDING" },
  ];
  for (const settlement of late)
    assert.equal(totals(await delivery.settle(stale, [settlement], [outcome(id, 0)])), { settled: 0, leaseLost: 1 });
  assert.equal(await everything(), before);
  assert.is(await delivery.renew(fresh, lease), 2);
  const done: Settlement[] = [
    { id, to: "SENT" },
    { id: other, to: "SENT" },
  ];
  assert.equal(totals(await delivery.settle(fresh, done, [])), { settled: 2, leaseLost: 0 });
  assert.equal(totals(await delivery.settle(fresh, done, [outcome(id, 0)])), { settled: 0, leaseLost: 2 });
  assert.equal(await outcomes(), []);
});

test("rows of another claim are not settled by this one", async () => {
  const { held } = await claimed(1);
  const { ids } = await claimed(1);
  assert.equal(totals(await delivery.settle(held, [{ id: ids[0] ?? "", to: "SENT" }], [])), {
    settled: 0,
    leaseLost: 1,
  });
});

test("redrive starts a dead letter over with all its attempts, and sends a failed row at once", async () => {
  const { held, ids } = await claimed(3);
  const [dead = "", failed = "", sent = ""] = ids;
  const settlements: Settlement[] = [
    { id: dead, to: "DEAD", error: "e" },
    { id: failed, to: "FAILED", error: "e", retryInMs: 3_600_000, keepBatch: true },
    { id: sent, to: "SENT" },
  ];
  await delivery.settle(held, settlements, [outcome(dead, 0)]);
  assert.equal(await deadIds(pool, 10), [dead]);
  assert.equal(await deadIds(pool, 10, "another"), []);
  assert.equal(await redrive(pool, ids, "another"), [], "another tenant's rows stay");
  assert.equal((await redrive(pool, ids, "acme")).sort(), [dead, failed].sort());
  assert.equal(await redrive(pool, ids), []);
  const [first, second] = await Promise.all([show(pool, dead), show(pool, failed)]);
  assert.equal([first?.status, first?.attempts, first?.error], ["PENDING", 0, null]);
  assert.equal([second?.status, second?.attempts, second?.error], ["PENDING", 1, null]);
  const next = await claims.claim("new", "w1", lease, 10);
  const rows = await delivery.adopt(next.token, "w1", lease);
  assert.equal(
    rows.map(({ id, settled }) => [id, settled]),
    [
      [dead, [0]],
      [failed, []],
    ],
  );
});

test("retract takes back what is not with Novu", async () => {
  const { held, ids } = await claimed(4);
  const [dead = "", failed = "", sent = "", working = ""] = ids;
  await delivery.settle(
    held,
    [
      { id: dead, to: "DEAD", error: "e" },
      { id: failed, to: "FAILED", error: "e", retryInMs: 0, keepBatch: true },
      { id: sent, to: "SENT" },
    ],
    [],
  );
  const [fresh = ""] = await insertRows(pool, [{}]);
  assert.is(await retract(pool, fresh, "another"), false);
  const results: boolean[] = [];
  for (const id of [fresh, dead, failed, sent, working, "9000000000"]) results.push(await retract(pool, id, "acme"));
  assert.equal(results, [true, true, true, false, false, false]);
  assert.is(await retract(pool, fresh), false, "once is enough");
  assert.is(
    (await claims.claim("failed", "w1", lease, 10)).count + (await claims.claim("new", "w1", lease, 10)).count,
    0,
  );
});

test("the counts say what waits, and for how long", async () => {
  assert.equal(await countByStatus(pool), { due: 0, scheduled: 0, processing: 0, failed: 0, dead: 0, oldestDueMs: 0 });
  const { held, ids } = await claimed(3);
  await delivery.settle(
    held,
    [
      { id: ids[0] ?? "", to: "DEAD", error: "e" },
      { id: ids[1] ?? "", to: "FAILED", error: "e", retryInMs: 0, keepBatch: false },
    ],
    [],
  );
  await insertRows(pool, [{}, {}, { scheduledInMs: -5_000 }, { scheduledInMs: 60_000 }]);
  const { oldestDueMs, ...counts } = await countByStatus(pool);
  assert.equal(counts, { due: 4, scheduled: 1, processing: 1, failed: 1, dead: 1 });
  assert.ok(oldestDueMs >= 5_000 && oldestDueMs < 60_000, String(oldestDueMs));
});

test("a token that names nothing holds nothing", async () => {
  assert.equal(await delivery.adopt(token(), "w", lease), []);
  assert.equal(totals(await delivery.settle(token(), [], [])), { settled: 0, leaseLost: 0 });
});

test.run();
