import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ClaimPort, DeliveryPort, RecipientOutcome, Settlement, SettleResult } from "../core/delivery.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { insertRows, openDatabase, queryOf, token, withClient } from "./database.fixture.ts";
import { createDelivery } from "./delivery.ts";
import { show } from "./reader.ts";

const test = suite("delivery");
const lease = 60_000;
let database: TestDatabase;
let pool: pg.Pool;
let claims: ClaimPort;
let delivery: DeliveryPort;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
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

test("startFanOut moves rows to a token of their own, which adopt then finds", async () => {
  const { held, ids } = await claimed(3);
  const [long = "", ...others] = ids;
  const next = await delivery.startFanOut(held, [long], lease);
  assert.ok(next !== undefined && next !== held);
  const { rows } = await pool.query("SELECT id, lease_token, lease_owner FROM notify.notification ORDER BY id");
  assert.equal(rows, [
    { id: long, lease_token: next, lease_owner: `xnovu-claim-${next}` },
    ...others.map((id) => ({ id, lease_token: held, lease_owner: "w1" })),
  ]);
  const last = (await show(pool, long))?.timeline.at(-1);
  assert.equal([last?.from, last?.to, last?.workflowId], ["PROCESSING", "PROCESSING", `xnovu-claim-${next}`]);
  assert.is((await show(pool, others[0] ?? ""))?.timeline.at(-1)?.workflowId, "xnovu-session-w1");

  const adopted = await delivery.adopt(next, lease);
  assert.equal(
    adopted.map(({ id, attempts }) => [id, attempts]),
    [[long, 1]],
    "no attempt is spent",
  );
  // The worker that handed it over may stop or die: the row is the workflow's.
  assert.is(await claims.releaseAll("w1"), 2);
  assert.is((await show(pool, long))?.status, "PROCESSING");
  assert.equal(totals(await delivery.settle(next, [{ id: long, kind: "sent" }], [])), { settled: 1, leaseLost: 0 });
});

test("adopted again, a row counts an attempt; a poison row, or one without attempts left, is left to the rescue loop", async () => {
  const byMost: [maxAttempts: number, adopted: (number | undefined)[]][] = [
    [8, [1, 2, 3, undefined]],
    [3, [1, 2, undefined]],
    [1, [1, undefined]],
  ];
  for (const [maxAttempts, adopted] of byMost) {
    const [id = ""] = await insertRows(pool, [{ maxAttempts }]);
    const { token: held } = await claims.claim("new", "w1", lease, 1);
    const next = (await delivery.startFanOut(held, [id], lease)) ?? "";
    const found = [];
    for (const [nth] of adopted.entries()) found.push((await delivery.adopt(next, lease, nth > 0))[0]?.attempts);
    assert.equal(found, adopted, `of ${maxAttempts}`);
    assert.is((await show(pool, id))?.status, "PROCESSING", "until its lease runs out");
  }
});

test("startFanOut of rows that are no longer held gives no token", async () => {
  const { held, ids } = await claimed(1);
  assert.is(await delivery.startFanOut(token(), ids, lease), undefined);
  await delivery.settle(
    held,
    ids.map((id) => ({ id, kind: "sent" })),
    [],
  );
  assert.is(await delivery.startFanOut(held, ids, lease), undefined);
});

test("adopt renews the lease and returns the rows in the order of their ids, with their settled recipients", async () => {
  const [id = ""] = await insertRows(pool, [{ recipients: [...two, { type: "Topic", topicKey: "t" }] }]);
  await insertRows(pool, [{}, {}]);
  await pool.query(`UPDATE notify.notification SET channels = '{sms}', payload = '{"a": 1}' WHERE id = $1`, [id]);
  const { token: held } = await claims.claim("new", "w1", 1_000, 10);
  await delivery.settle(held, [], [outcome(id, 1)]);
  const rows = await delivery.adopt(held, lease);
  assert.equal(
    rows.map((row) => BigInt(row.id)),
    [...rows].map((row) => BigInt(row.id)).sort((a, b) => Number(a - b)),
  );
  const first = rows[0];
  assert.is(first?.id, id);
  assert.equal([first?.attempts, first?.maxAttempts, first?.settled, first?.sentBefore], [1, 8, [1], true]);
  assert.equal(JSON.parse(first?.payload ?? ""), { a: 1, channels: ["sms"] });
  assert.is(first?.recipients.length, 3);
  const { rows: now } = await pool.query(
    "SELECT DISTINCT lease_owner, lease_until > now() + interval '50 s' AS renewed FROM notify.notification",
  );
  assert.equal(now, [{ lease_owner: "w1", renewed: true }]);
});

test("settle writes every outcome of a claim at once, recipients included", async () => {
  const { held, ids } = await claimed(5);
  const [sent = "", failed = "", kept = "", dead = "", pending = ""] = ids;
  const batch = (await show(pool, kept))?.id && (await everything()).rows[0]?.batch_id;
  const settlements: Settlement[] = [
    { id: sent, kind: "sent" },
    { id: failed, kind: "failed", error: "later", retryInMs: 60_000, keepBatch: false },
    { id: kept, kind: "failed", error: "no reply", retryInMs: 0, keepBatch: true },
    { id: dead, kind: "dead", error: "refused" },
    { id: pending, kind: "released" },
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
  assert.equal(of(sent, "status", "error", "batch_id", "attempts"), ["SENT", null, batch, 1]);
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
  assert.ok(timeline.slice(1).every(({ workflowId, worker }) => workflowId === "xnovu-session-w1" && worker === "w1"));
});

test("a row that failed in half of a call keeps the half's batch", async () => {
  const { held, ids } = await claimed(1);
  const [id = ""] = ids;
  const batchId = token();
  await delivery.settle(held, [{ id, kind: "failed", error: "no reply", retryInMs: 0, keepBatch: true, batchId }], []);
  assert.is((await claims.claim("failed", "w1", lease, 10)).rows[0]?.batchId, batchId);
});

test("a dead letter keeps its batch where the last reply is unknown, and only there", async () => {
  const { held, ids } = await claimed(4);
  const [own = "", half = "", known = "", refused = ""] = ids;
  const { batch_id: batch } = (await everything()).rows[0] ?? {};
  const batchId = token();
  const dead = { kind: "dead", error: "e" } as const;
  const settlements: Settlement[] = [
    { id: own, ...dead, keepBatch: true },
    { id: half, ...dead, keepBatch: true, batchId },
    { id: known, ...dead, keepBatch: false },
    { id: refused, ...dead },
  ];
  assert.is((await delivery.settle(held, settlements, [])).dead, 4);
  assert.equal(
    (await everything()).rows.map(({ batch_id }) => batch_id),
    [batch, batchId, null, null],
  );
});

test("an error in one settlement rolls all of them back", async () => {
  const { held, ids } = await claimed(2);
  const [good = "", bad = ""] = ids;
  const before = await everything();
  const settlements: Settlement[] = [
    { id: good, kind: "sent" },
    { id: bad, kind: "failed", error: "e", retryInMs: 0.5, keepBatch: false },
  ];
  await delivery.settle(held, settlements, [outcome(good, 0)]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.equal(await everything(), before);
});

test("a row is settled even when its error contains a character that Postgres cannot store", async () => {
  const { held, ids } = await claimed(2);
  const [dead = "", failed = ""] = ids;
  const error = "a\u0000b \ud800 end";
  const settlements: Settlement[] = [
    { id: dead, kind: "dead", error },
    { id: failed, kind: "failed", error, retryInMs: 1, keepBatch: true },
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
  const again: Settlement = { id, kind: "failed", error: "e", retryInMs: 0, keepBatch: false };
  await delivery.settle(held, [again], [outcome(id, 1)]);
  const next = await claims.claim("failed", "w1", lease, 10);
  const [row] = next.rows;
  assert.equal([row?.settled, row?.sentBefore, row?.attempts], [[1], true, 2]);
  await delivery.settle(next.token, [{ id, kind: "sent" }], [outcome(id, 1, "late no"), outcome(id, 0)]);
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
  const { token: fresh, rows } = await claims.rescue("w2", lease, 10);
  assert.is(rows.length, 2);
  const before = await everything();
  assert.equal(await delivery.adopt(stale, lease), []);
  assert.is(await delivery.renew(stale, ids, lease), 0);
  assert.is(await delivery.startFanOut(stale, ids, lease), undefined);
  assert.is(await claims.release(stale, ids), 0);
  assert.is(await claims.releaseAll("w1"), 0);
  const late: Settlement[] = [
    { id, kind: "sent" },
    { id, kind: "dead", error: "e" },
    { id, kind: "failed", error: "e", retryInMs: 1, keepBatch: true },
    { id, kind: "released" },
  ];
  for (const settlement of late)
    assert.equal(totals(await delivery.settle(stale, [settlement], [outcome(id, 0)])), { settled: 0, leaseLost: 1 });
  assert.equal(await everything(), before);
  assert.is(await delivery.renew(fresh, ids, lease), 2);
  assert.is(await delivery.renew(fresh, [id], lease), 1);
  const done: Settlement[] = [
    { id, kind: "sent" },
    { id: other, kind: "sent" },
  ];
  assert.equal(totals(await delivery.settle(fresh, done, [])), { settled: 2, leaseLost: 0 });
  assert.equal(totals(await delivery.settle(fresh, done, [outcome(id, 0)])), { settled: 0, leaseLost: 2 });
  assert.equal(await outcomes(), []);
});

test("rows of another claim are not settled by this one", async () => {
  const { held } = await claimed(1);
  const { ids } = await claimed(1);
  assert.equal(totals(await delivery.settle(held, [{ id: ids[0] ?? "", kind: "sent" }], [])), {
    settled: 0,
    leaseLost: 1,
  });
});

test("when all rows were sent, one statement returns how many, and how many another worker had taken over", async () => {
  const { held, ids } = await claimed(4);
  const [mine = "", mixed = "", lost = "", gone = ""] = ids;
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 second' WHERE id = $1", [lost]);
  assert.is((await claims.expire("nobody")).rows, 0);
  const taken = await pool.query("UPDATE notify.notification SET lease_token = $2, lease_owner = 'w2' WHERE id = $1", [
    lost,
    token(),
  ]);
  assert.is(taken.rowCount, 1);
  await claims.release(held, [gone]);
  const result = await delivery.settle(
    held,
    ids.map((id) => ({ id, kind: "sent" })),
    [outcome(mine, 0), outcome(mine, 1), outcome(mixed, 0), outcome(mixed, 1, "refused\u0000"), outcome(lost, 0)],
  );
  assert.equal(result, { sent: 2, failed: 0, dead: 0, released: 0, leaseLost: 2 });
  assert.equal(
    (await outcomes()).map(({ id, ordinal, status, error }) => [id, ordinal, status, error]),
    [
      [mine, 0, "SENT", null],
      [mine, 1, "SENT", null],
      [mixed, 0, "SENT", null],
      [mixed, 1, "DEAD", "refused"],
    ],
    "nothing is recorded for a row that another worker has",
  );
  assert.equal(await Promise.all(ids.map(async (id) => (await show(pool, id))?.status)), [
    "SENT",
    "SENT",
    "PROCESSING",
    "PENDING",
  ]);
});

test("final recipients are recorded while their rows are still being sent, and only by the claim that holds the rows", async () => {
  const { held, ids } = await claimed(1);
  const [id = ""] = ids;
  const none = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
  assert.equal(await delivery.settle(held, [], [outcome(id, 0)]), none);
  assert.equal(await delivery.settle(held, [], [outcome(id, 0, "late"), outcome(id, 1, "no")]), none);
  assert.is((await delivery.settle(token(), [], [outcome(id, 0), outcome(id, 1)])).leaseLost, 1);
  assert.equal(
    (await outcomes()).map(({ ordinal, status }) => [ordinal, status]),
    [
      [0, "SENT"],
      [1, "DEAD"],
    ],
  );
  assert.is((await show(pool, id))?.status, "PROCESSING");
});

test("a worker that lost a row cannot record its recipients, even during the rescue, and the loss is counted", async () => {
  const { held, ids } = await claimed(2);
  const [id = "", other = ""] = ids;
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 second'");
  await withClient(database.url, async (taker) => {
    await taker.query("BEGIN");
    const taken = await taker.query(
      queryOf("rescue", { token: token(), owner: "w2", leaseMs: lease, limit: 10, isolateFrom: 3, probe: false }),
    );
    assert.is(taken.rowCount, 2);
    // It has looked at the rows before the takeover commits.
    const late = delivery.settle(held, [], [outcome(id, 0), outcome(id, 1), outcome(other, 0)]);
    const waits = await Promise.race([late.then(() => false), sleep(200).then(() => true)]);
    await taker.query("COMMIT");
    assert.is((await late).leaseLost, 2);
    assert.ok(waits, "it did not wait to see whose row it is");
  });
  assert.equal(await outcomes(), []);
});

test("final recipients of a row that is still being sent are recorded by a settlement of other rows", async () => {
  const { held, ids } = await claimed(2);
  const [done = "", open = ""] = ids;
  const result = await delivery.settle(held, [{ id: done, kind: "sent" }], [outcome(done, 0), outcome(open, 0)]);
  assert.equal(totals(result), { settled: 1, leaseLost: 0 });
  assert.equal(
    (await outcomes()).map(({ id, ordinal }) => [id, ordinal]),
    [
      [done, 0],
      [open, 0],
    ],
  );
});

test("a token that names nothing holds nothing", async () => {
  assert.equal(await delivery.adopt(token(), lease), []);
  assert.equal(totals(await delivery.settle(token(), [], [])), { settled: 0, leaseLost: 0 });
});

test.run();
