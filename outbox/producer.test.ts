import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../core/errors.ts";
import type { NewNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { errorOf, openDatabase, withClient } from "./database.fixture.ts";
import { enqueue } from "./producer.ts";
import { list, show } from "./reader.ts";

const test = suite("producer");
let database: TestDatabase;
let pool: pg.Pool;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
});

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const asked: NewNotification = { enterpriseId: "acme", workflow: "email", recipients: ["u1"], payload: { a: 1 } };

/** What a producer written without types may send. */
const untyped = (change: Record<string, unknown>): NewNotification => ({ ...asked, ...change }) as NewNotification;

async function refusal(change: Record<string, unknown>): Promise<string> {
  const before = await count();
  const error: unknown = await enqueue(pool, untyped(change)).catch((error: unknown) => error);
  assert.instance(error, UsageError, `${JSON.stringify(change).slice(0, 200)} gave ${String(error)}`);
  assert.is(await count(), before, "nothing was stored");
  return (error as UsageError).message;
}

const count = async () =>
  (await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM notify.notification")).rows[0]?.n;

test("every field is stored as it was passed", async () => {
  const all: Required<NewNotification> = {
    enterpriseId: "a.b_c@d-1",
    workflow: "multi-channel",
    recipients: ["u1", { subscriberId: "u2", email: "u2@example.test" }, { type: "Topic", topicKey: "u1" }],
    payload: { text: "Grüße 👋 \\u0000 as text", nested: [{ deep: null }] },
    overrides: { email: { from: "x" } },
    transactionId: "order:1+2=3@x",
    priority: 100,
    scheduledFor: "2030-01-02T03:04:05.678Z",
    channels: ["email", "in_app"],
    category: "billing",
    tags: ["a", "b c"],
    traceparent,
  };
  const id = await enqueue(pool, all);
  const row = await show(pool, id);
  assert.ok(row);
  for (const key of [
    "enterpriseId",
    "workflow",
    "recipients",
    "payload",
    "overrides",
    "transactionId",
    "priority",
    "scheduledFor",
    "channels",
    "tags",
    "traceparent",
  ] as const)
    assert.equal(row?.[key], all[key], key);
  assert.equal([row?.status, row?.attempts, row?.maxAttempts], ["PENDING", 0, 8]);
  assert.equal(
    row?.timeline.map(({ from, to }) => [from, to]),
    [[null, "PENDING"]],
  );
  assert.is(await show(pool, id, "another-tenant"), undefined);
  assert.equal(
    (await list(pool, { limit: 1 })).map((n) => [n.id, n.recipients]),
    [[id, 3]],
  );
});

test("an omitted field has the documented default", async () => {
  const row = await show(pool, await enqueue(pool, { ...asked }));
  assert.equal([row?.priority, row?.overrides, row?.channels, row?.tags, row?.scheduledFor], [50, {}, null, [], null]);
  assert.match(row?.transactionId ?? "", /^[0-9a-f-]{36}$/);
});

test("trace context: the database accepts what traceIdOf accepts, and refuses the rest", async () => {
  const valid = [traceparent, traceparent.replace(/^00/, "cc"), traceparent.replace(/01$/, "00")];
  const invalid = [
    ...["", "x", traceparent.slice(1), `${traceparent}0`, `${traceparent}-00`, traceparent.toUpperCase()],
    traceparent.replace(/^00/, "ff"),
    traceparent.replace(/-[0-9a-f]{32}-/, `-${"0".repeat(32)}-`),
    traceparent.replace(/-[0-9a-f]{16}-/, `-${"0".repeat(16)}-`),
    traceparent.replace("-b7", "b-7"),
    traceparent.replace("a", "g"),
    traceparent.replace("7", "-"),
    `${traceparent.slice(0, -1)}\n`,
  ];
  for (const one of valid) {
    assert.is(traceIdOf(one), "0af7651916cd43dd8448eb211c80319c", one);
    assert.is((await show(pool, await enqueue(pool, { ...asked, traceparent: one })))?.traceparent, one);
  }
  for (const one of invalid) {
    assert.is(traceIdOf(one), undefined, one);
    assert.match(await refusal({ traceparent: one }), "W3C Trace Context");
  }
  assert.is((await show(pool, await enqueue(pool, asked)))?.traceparent, null);
});

test("the same request from another trace is the same notification", async () => {
  const one = { ...asked, transactionId: "traced-twice" };
  const id = await enqueue(pool, { ...one, traceparent });
  assert.is(await enqueue(pool, one), id);
  assert.is((await show(pool, id))?.traceparent, traceparent, "the first one's trace stays");
});

const topic = (topicKey: string) => ({ type: "Topic", topicKey });
const many = (n: number) => Array.from({ length: n }, (_, i) => `u${i}`);

test("recipients: every valid shape is accepted", async () => {
  const valid = [
    ["u"],
    ["x".repeat(255)],
    [{ subscriberId: "u", firstName: "U" }],
    [topic("t")],
    [topic("same"), "same"],
    [topic("same"), { subscriberId: "same" }],
    ["U", "u", " u"],
    many(10_000),
  ];
  for (const recipients of valid) await enqueue(pool, untyped({ recipients }));
  // A single recipient equals a list of one.
  assert.equal((await show(pool, await enqueue(pool, untyped({ recipients: "alone" }))))?.recipients, ["alone"]);
  const one = await show(pool, await enqueue(pool, untyped({ recipients: topic("t") })));
  assert.equal(one?.recipients, [topic("t")]);
});

test("recipients: every other shape is refused, with the same message", async () => {
  const invalid = [
    [],
    [""],
    ["  "],
    ["x".repeat(256)],
    [1],
    [null],
    [true],
    [["u"]],
    [{}],
    [{ subscriberId: "" }],
    [{ subscriberId: 1 }],
    [{ subscriberId: null }],
    [{ topicKey: "t" }],
    [{ type: "topic", topicKey: "t" }],
    [{ type: "Topic", topicKey: "" }],
    [{ type: "Topic", topicKey: 1 }],
    [{ type: "Topic" }],
    ["u", "u"],
    ["u", { subscriberId: "u" }],
    [topic("t"), topic("t")],
    ["ok", ""],
    ["ok", 1],
    many(10_001),
    null,
    7,
    {},
  ];
  for (const recipients of invalid) assert.match(await refusal({ recipients }), /^the recipients must be 1 to 10,000/);
});

test("each column's limit has a message", async () => {
  const table: [Record<string, unknown>, RegExp][] = [
    [{ enterpriseId: "" }, /tenant id/],
    [{ enterpriseId: "a:b" }, /tenant id/],
    [{ enterpriseId: "a".repeat(101) }, /tenant id/],
    [{ enterpriseId: "a\nb" }, /tenant id/],
    [{ workflow: "" }, /workflow/],
    [{ workflow: "a b" }, /workflow/],
    [{ workflow: "a/../b" }, /workflow/],
    [{ payload: [] }, /payload must be a JSON object/],
    [{ payload: "text" }, /payload must be a JSON object/],
    [{ payload: null }, /payload must be a JSON object/],
    [{ payload: { text: "x".repeat(1_048_577) } }, /payload must be 1 MiB/],
    [{ payload: { text: "x".repeat(20 * 1_048_576) } }, /payload must be 1 MiB/],
    [{ overrides: [] }, /overrides must be a JSON object/],
    [{ overrides: { text: "x".repeat(1_048_577) } }, /overrides must be 1 MiB/],
    [{ channels: [] }, /channels/],
    [{ channels: ["fax"] }, /channels/],
    [{ channels: ["email", "fax"] }, /channels/],
    [{ priority: -1 }, /priority/],
    [{ priority: 101 }, /priority/],
    [{ priority: 40_000 }, /smallint out of range/],
    [{ priority: 1.5 }, /invalid input syntax for type integer/],
    [{ transactionId: "" }, /transaction id/],
    [{ transactionId: "a b" }, /transaction id/],
    [{ transactionId: "a".repeat(201) }, /transaction id/],
    [{ scheduledFor: "tomorrow-ish" }, /invalid input syntax for type timestamp/],
    [{ scheduledFor: "2026-02-30T00:00:00Z" }, /out of range/],
    [{ payload: { text: "a\u0000b" } }, /\\u0000 cannot be converted|unsupported Unicode/],
    [{ recipients: ["a\u0000b"] }, /unsupported Unicode/],
    [{ category: "a\u0000b" }, /invalid byte sequence/],
    [{ workflow: "a\u0000b" }, /invalid byte sequence/],
  ];
  for (const [change, words] of table) assert.match(await refusal(change), words);
});

test("a payload may use the whole megabyte", async () => {
  await enqueue(pool, untyped({ payload: { text: "x".repeat(1_048_000) } }));
});

test("the same transaction id: same content returns the first id, other content is refused, another tenant may use it", async () => {
  const first = { ...asked, transactionId: "once", overrides: { a: 1 }, channels: ["email"] };
  const id = await enqueue(pool, first);
  const before = await count();
  assert.is(await enqueue(pool, first), id);
  assert.is(await enqueue(pool, { ...first, payload: { a: 1.0 } }), id, "the same JSON value");
  assert.is(await count(), before);
  for (const change of [
    { workflow: "sms" },
    { recipients: ["u2"] },
    { payload: { a: 2 } },
    { overrides: {} },
    { channels: null },
    { scheduledFor: "2030-01-01T00:00:00Z" },
  ])
    assert.match(await refusal({ ...first, ...change }), /used before with other content/);
  assert.is.not(await enqueue(pool, { ...first, enterpriseId: "other" }), id);
});

for (const [end, expected] of [
  ["COMMIT", "the first one's id"],
  ["ROLLBACK", "an id of its own"],
] as const)
  test(`two at once, the first held open: after ${end} the second gets ${expected}`, () =>
    withClient(database.url, async (holder) => {
      const transactionId = `race-${end}`;
      await holder.query("BEGIN");
      const call = `SELECT notify.enqueue('acme', 'email', '"u1"', '{"a": 1}', $1) AS id`;
      const first = (await holder.query<{ id: string }>(call, [transactionId])).rows[0]?.id;
      const second = enqueue(pool, { ...asked, transactionId });
      await blocked("enqueue");
      await holder.query(end);
      assert.is((await second) === first, end === "COMMIT");
      const { rowCount } = await pool.query("SELECT FROM notify.notification WHERE transaction_id = $1", [
        transactionId,
      ]);
      assert.is(rowCount, 1);
    }));

test("two at once with other content: the second is refused when the first commits", () =>
  withClient(database.url, async (holder) => {
    await holder.query("BEGIN");
    await holder.query(`SELECT notify.enqueue('acme', 'email', '"u1"', '{"a": 1}', 'race-other')`);
    const second = errorOf(enqueue(pool, { ...asked, payload: { a: 2 }, transactionId: "race-other" }));
    await blocked("enqueue");
    await holder.query("COMMIT");
    assert.match((await second).message, "used before with other content");
  }));

/** Returns when a statement that holds this text waits for another transaction. */
async function blocked(text: string): Promise<void> {
  const query = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1 AND datname = current_database()`;
  for (let i = 0; i < 200; i++) {
    if ((await pool.query(query, [`%${text}%`])).rowCount === 1) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nothing waited");
}

test.run();
