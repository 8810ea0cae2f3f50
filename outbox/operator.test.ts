// Commands of a person on a notification, and what they show of it.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimPort, DeliveryPort, RecipientOutcome, Settlement } from "../core/delivery.ts";
import { createClaims } from "./claims.ts";
import { countByStatus } from "./counts.ts";
import { insertRows, openDatabase } from "./database.fixture.ts";
import { createDelivery } from "./delivery.ts";
import { deadIds, retract, retryNotifications } from "./operator.ts";
import { show } from "./reader.ts";

const test = suite("operator");
const lease = 60_000;
let pool: pg.Pool;
let claims: ClaimPort;
let delivery: DeliveryPort;

openDatabase(test, (opened) => {
  pool = opened.pool;
  claims = createClaims(pool);
  delivery = createDelivery(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
});

const two = ["u1", "u2"];

/** `n` claimed rows of two recipients each. */
async function claimed(n: number): Promise<{ held: string; ids: string[] }> {
  const ids = await insertRows(
    pool,
    Array.from({ length: n }, () => ({ recipients: two })),
  );
  const { token: held, rows } = await claims.claim("new", "w1", lease, n);
  assert.is(rows.length, n);
  return { held, ids };
}
const outcome = (notificationId: string, ordinal: number, error?: string): RecipientOutcome => ({
  notificationId,
  ordinal,
  transactionId: `acme:${notificationId}:${ordinal}`,
  ...(error === undefined ? { kind: "sent" } : { kind: "dead", error }),
});
test("retryNotifications restarts a dead letter with all its attempts, and makes a failed row due at once", async () => {
  const { held, ids } = await claimed(3);
  const [dead = "", failed = "", sent = ""] = ids;
  const settlements: Settlement[] = [
    { id: dead, kind: "dead", error: "e" },
    { id: failed, kind: "failed", error: "e", retryInMs: 3_600_000, keepBatch: true },
    { id: sent, kind: "sent" },
  ];
  await delivery.settle(held, settlements, [
    outcome(dead, 0),
    outcome(dead, 1, "refused"),
    outcome(sent, 0, "refused"),
    outcome(sent, 1),
  ]);
  assert.equal(await deadIds(pool, 10), [dead]);
  assert.equal(await deadIds(pool, 10, "another"), []);
  assert.equal(await retryNotifications(pool, ids, "another"), [], "another tenant's rows stay");
  assert.equal((await retryNotifications(pool, ids, "acme")).sort(), [dead, failed].sort());
  assert.equal(await retryNotifications(pool, ids), []);
  const [first, second] = await Promise.all([show(pool, dead), show(pool, failed)]);
  assert.equal([first?.status, first?.attempts, first?.error], ["PENDING", 0, null]);
  assert.equal([second?.status, second?.attempts, second?.error], ["PENDING", 1, null]);
  const next = await claims.claim("new", "w1", lease, 10);
  assert.equal(
    next.rows.map(({ id, settled }) => [id, settled]),
    [
      [dead, [0]],
      [failed, []],
    ],
    "the recipient that was refused is sent to again, the one that was sent to is not",
  );
  assert.is((await show(pool, sent))?.outcomes.length, 2, "a row that is not started over keeps what it has");
});

test("dead letters without a known reply, retried together, are the same call; a batch with a reply ends", async () => {
  const { held, ids } = await claimed(3);
  const [first = "", second = "", answered = ""] = ids;
  const batches = async (kind: "new" | "failed") =>
    (await claims.claim(kind, "w1", lease, 1)).rows.map(({ id, batchId }) => [id, batchId]);
  const { rows } = await pool.query<{ batch: string }>("SELECT DISTINCT batch_id AS batch FROM notify.notification");
  const dead = (id: string, keepBatch: boolean): Settlement => ({ id, kind: "dead", error: "e", keepBatch });
  await delivery.settle(held, [dead(first, true), dead(second, true), dead(answered, false)], []);
  await retryNotifications(pool, ids);
  assert.equal(
    await batches("new"),
    [first, second].map((id) => [id, rows[0]?.batch]),
  );
  const [[id, batch] = []] = await batches("new");
  assert.is(id, answered);
  assert.is.not(batch, rows[0]?.batch);
});

test("a failed row that a person retries is claimed with its whole call, whichever loop claims it first", async () => {
  for (const kind of ["new", "failed"] as const) {
    const { held, ids } = await claimed(3);
    const retryInMs = kind === "failed" ? 0 : 3_600_000;
    const failed = (id: string): Settlement => ({ id, kind: "failed", error: "e", retryInMs, keepBatch: true });
    await delivery.settle(held, ids.map(failed), []);
    await retryNotifications(pool, ids.slice(1, 2));
    const { rows } = await claims.claim(kind, "w1", lease, 1);
    assert.equal(
      rows.map(({ id, attempts }) => [id, attempts]),
      ids.map((id) => [id, 2]),
      kind,
    );
  }
});

test("retract works on rows that are not with Novu", async () => {
  const { held, ids } = await claimed(4);
  const [dead = "", failed = "", sent = "", working = ""] = ids;
  await delivery.settle(
    held,
    [
      { id: dead, kind: "dead", error: "e" },
      { id: failed, kind: "failed", error: "e", retryInMs: 0, keepBatch: true },
      { id: sent, kind: "sent" },
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
    (await claims.claim("failed", "w1", lease, 10)).rows.length +
      (await claims.claim("new", "w1", lease, 10)).rows.length,
    0,
  );
});

test("the counts say what waits, and for how long", async () => {
  assert.equal(await countByStatus(pool), { due: 0, scheduled: 0, processing: 0, failed: 0, dead: 0, oldestDueMs: 0 });
  const { held, ids } = await claimed(3);
  await delivery.settle(
    held,
    [
      { id: ids[0] ?? "", kind: "dead", error: "e" },
      { id: ids[1] ?? "", kind: "failed", error: "e", retryInMs: 0, keepBatch: false },
    ],
    [],
  );
  await insertRows(pool, [{}, {}, { scheduledInMs: -5_000 }, { scheduledInMs: 60_000 }]);
  const { oldestDueMs, ...counts } = await countByStatus(pool);
  assert.equal(counts, { due: 4, scheduled: 1, processing: 1, failed: 1, dead: 1 });
  assert.ok(oldestDueMs >= 5_000 && oldestDueMs < 60_000, String(oldestDueMs));
});

test("the outcome of a notification for one recipient is its own status", async () => {
  const ids = await insertRows(pool, [{}, {}, {}]);
  const [sent = "", dead = "", failed = ""] = ids;
  const { token: held } = await claims.claim("new", "w1", lease, 3);
  const settlements: Settlement[] = [
    { id: sent, kind: "sent" },
    { id: dead, kind: "dead", error: "refused" },
    { id: failed, kind: "failed", error: "later", retryInMs: 1, keepBatch: false },
  ];
  await delivery.settle(held, settlements, []);
  const seen = await Promise.all(ids.map((id) => show(pool, id)));
  assert.equal(
    seen.map((row) => row?.outcomes.map(({ ordinal, status, error }) => [ordinal, status, error])),
    [[[0, "SENT", null]], [[0, "DEAD", "refused"]], []],
  );
  assert.is(seen[0]?.outcomes[0]?.transactionId, `acme:${seen[0]?.transactionId}:0`);
});

test.run();
