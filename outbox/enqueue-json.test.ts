import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TestDatabase } from "../test/support/database.ts";
import { errorOf, openDatabase, withClient } from "./database.fixture.ts";
import { enqueueJson, RefusalInList } from "./enqueue-json.ts";
import { show } from "./reader.ts";

const test = suite("enqueue json");
let database: TestDatabase;
let pool: pg.Pool;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
});

const base = { workflow: "email", recipients: ["u1"], payload: { a: 1 } };
type Asked = Readonly<Record<string, unknown>> & { readonly transactionId?: string };
const list = (...notifications: Asked[]) => ask(JSON.stringify(notifications), notifications);
const ask = (text: string, notifications: readonly Asked[], transactionId?: string) =>
  enqueueJson(pool, {
    enterpriseId: "acme",
    text,
    notifications,
    ...(transactionId === undefined ? {} : { transactionId }),
  });
const count = async () =>
  (await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM notify.notification")).rows[0]?.n;

test("each form of a request, and every field, is stored as it was written", async () => {
  const all = {
    workflow: "multi-channel",
    recipients: ["u1", { subscriberId: "u2" }],
    payload: { text: "Grüße 👋 \\u0000 as text" },
    overrides: { email: { from: "x" } },
    channels: ["email", "in_app"],
    category: "billing",
    tags: ["a", "b c"],
    priority: 100,
    scheduledFor: "2030-01-02T03:04:05.678+01:00",
    transactionId: "all",
  };
  for (const [text, notifications] of [
    [JSON.stringify(all), [all]],
    [JSON.stringify([{ ...all, transactionId: "all-2" }]), [{ ...all, transactionId: "all-2" }]],
    [JSON.stringify({ notifications: [{ ...all, transactionId: "all-3" }] }), [{ ...all, transactionId: "all-3" }]],
  ] as const) {
    const [accepted] = await ask(text, notifications);
    const row = await show(pool, accepted?.id ?? "");
    for (const key of ["workflow", "recipients", "payload", "overrides", "channels", "tags", "priority"] as const)
      assert.equal(row?.[key], all[key], key);
    assert.is(row?.scheduledFor, "2030-01-02T02:04:05.678Z");
    assert.is(row?.enterpriseId, "acme");
    assert.is(row?.transactionId, notifications[0].transactionId);
  }
});

test("omitted fields have the documented default, and a single recipient equals a list of one", async () => {
  const [accepted] = await list({ ...base, recipients: "alone" });
  const row = await show(pool, accepted?.id ?? "");
  assert.equal(
    [row?.priority, row?.overrides, row?.channels, row?.tags, row?.recipients],
    [50, {}, null, [], ["alone"]],
  );
});

test("no number loses a digit, and 50.0 is a priority", async () => {
  const text = '{"workflow":"email","recipients":["u1"],"payload":{"n":12345678901234567890.10},"priority":50.0}';
  const [accepted] = await ask(text, [{}]);
  const query = "SELECT payload::text AS payload, priority FROM notify.notification WHERE id = $1";
  assert.equal((await pool.query(query, [accepted?.id])).rows, [
    { payload: '{"n": 12345678901234567890.10}', priority: 50 },
  ]);
});

test("ids come in the order of the list, duplicates marked, also within it", async () => {
  const [first] = await list({ ...base, transactionId: "d1" });
  assert.is(first?.duplicate, false);
  const again = await list(
    base,
    { ...base, transactionId: "d1" },
    { ...base, transactionId: "d2" },
    { ...base, transactionId: "d2" },
  );
  assert.equal(
    again.map(({ duplicate }) => duplicate),
    [false, true, false, true],
  );
  assert.is(again[1]?.id, first?.id);
  assert.is(again[2]?.id, again[3]?.id);
  assert.ok(Number(again[0]?.id) < Number(again[2]?.id));
  assert.equal(await ask(JSON.stringify(base), [base], "d1"), [{ id: first?.id, duplicate: true }]);
});

test("one refused notification refuses the whole list, and the error names its position", async () => {
  await list({ ...base, transactionId: "taken" });
  const before = await count();
  const bad: [Record<string, unknown>, string | undefined][] = [
    [{ ...base, transactionId: "taken", payload: { a: 2 } }, "notification_transaction_unique"],
    [{ ...base, payload: { text: "x".repeat(1_048_577) } }, "notification_payload_size"],
    [{ ...base, recipients: ["u", "u"] }, "notification_recipients_valid"],
    [{ ...base, payload: { text: "a\u0000b" } }, undefined],
    [{ ...base, scheduledFor: "2026-02-30T00:00:00Z" }, undefined],
  ];
  for (const [one, constraint] of bad) {
    const error = await errorOf(list(base, { ...base, transactionId: `new-${constraint}` }, one, base));
    assert.instance(error, RefusalInList, String(error));
    assert.equal([(error as RefusalInList).position, (error as RefusalInList).constraint], [2, constraint]);
    assert.is(await count(), before, constraint);
  }
});

test("the same transaction id twice in a list with other content names the second", async () => {
  const error = await errorOf(
    list({ ...base, transactionId: "twice" }, { ...base, transactionId: "twice", payload: { a: 2 } }),
  );
  assert.is((error as RefusalInList).position, 1);
});

test("a duplicate waits for a first one that is still being stored, and finds it", () =>
  withClient(database.url, async (holder) => {
    await holder.query("BEGIN");
    const call = `SELECT notify.enqueue('acme', 'email', '["u1"]', '{"a": 1}', 'held') AS id`;
    const first = (await holder.query<{ id: string }>(call)).rows[0]?.id;
    const second = list({ ...base, transactionId: "held" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await holder.query("COMMIT");
    assert.equal(await second, [{ id: first, duplicate: true }]);
  }));

test.run();
