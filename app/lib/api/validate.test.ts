import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkNotification } from "./validate.ts";

const sms = { workflow: "sms", recipients: "ada", payload: { body: "Hi" } };

const say = (value: unknown): string => {
  const checked = checkNotification(value);
  return "error" in checked ? `${checked.error.pointer} ${checked.error.message}` : "good";
};
const changed = (change: object): string => say({ ...sms, ...change });

test("every documented field and form is accepted", () => {
  for (const change of [
    {},
    { recipients: ["ada", { subscriberId: "bob", phone: "+4912345" }, { type: "Topic", topicKey: "ada" }] },
    { payload: { body: "x", orderId: 7, nested: [{ deep: null }] } },
    { overrides: { email: { from: "x" } }, channels: ["sms"], category: "orders", tags: ["a"], priority: 0 },
    { scheduledFor: "2026-12-24T18:00:00.123+01:00", transactionId: "order:1+2=3@x" },
    { scheduledFor: "2024-02-29T00:00:00z" },
    { workflow: "multi-channel", payload: { subject: "s", body: "b", channels: ["email"] } },
    { payload: { body: "emoji 👋 are whole characters" } },
  ])
    assert.is(changed(change), "good", JSON.stringify(change));
});

test("each error names its field and says what it must be", () => {
  const table: [object, string][] = [
    [{ workflow: undefined }, "/workflow is missing"],
    [{ workflow: "fax" }, "/workflow must be one of the workflows email, sms, push, in-app, chat, multi-channel"],
    [{ workflow: 7 }, "/workflow must be one of the workflows email, sms, push, in-app, chat, multi-channel"],
    [{ payload: {} }, "/payload/body is missing"],
    [{ payload: { body: " " } }, "/payload/body must not be blank"],
    [{ payload: { body: "x".repeat(1601) } }, "/payload/body must NOT have more than 1600 characters (Plain text)"],
    [{ payload: [] }, "/payload must be object"],
    [{ enterpriseId: "b" }, "/enterpriseId must be left out: the tenant comes from the API key"],
    [{ priority: 1.5 }, "/priority must be integer (Higher values go first)"],
    [{ channels: ["fax"] }, "/channels/0 must be one of email, sms, push, in_app, chat"],
    [{ transactionId: "a b" }, "/transactionId must be 1 to 200 characters of A-Z a-z 0-9 . _ : @ + = -"],
    [{ recipients: [] }, "/recipients must be one recipient, or a list of 1 to 10,000 different ones"],
    [{ recipients: 7 }, "/recipients must be one recipient, or a list of 1 to 10,000 different ones"],
    [{ recipients: ["a", "a"] }, "/recipients/1 is in the list twice: list each recipient once"],
    [{ recipients: ["a", { subscriberId: "a" }] }, "/recipients/1 is in the list twice: list each recipient once"],
    [{ payload: { body: "x", "a/b~": "\u0000" } }, "/payload/a~1b~0 has the character"],
    [{ payload: { body: "x", "\u0000": 1 } }, "/payload/\u0000 has the character"],
    [{ payload: { body: "x", list: ["\ud800"] } }, "/payload/list/0 has half of a surrogate pair"],
    [{ payload: { body: "x", n: Number.POSITIVE_INFINITY } }, "/payload/n is a number too large"],
  ];
  for (const [change, start] of table) assert.ok(changed(change).startsWith(start), `${changed(change)} for ${start}`);
  assert.match(changed({ transaction_id: "x" }), /^\/transaction_id is not a field here; .*transactionId/);
  for (const value of [7, null, "x", []]) assert.is(say(value), " must be object");
});

test("an invalid recipient is reported with its position in the list", () => {
  for (const bad of [
    "",
    " ",
    "x".repeat(256),
    7,
    null,
    {},
    { subscriberId: "" },
    { type: "topic", topicKey: "t" },
    { topicKey: "t" },
    { type: "Topic", topicKey: 1 },
    ["a"],
  ])
    assert.match(changed({ recipients: ["ok", bad] }), /^\/recipients\/1 must be a subscriber id/, JSON.stringify(bad));
});

test("a time must exist and have an offset that Postgres accepts", () => {
  for (const bad of [
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-12-24T18:00:00",
    "2026-12-24",
    "2026-12-24T25:00:00Z",
    "2026-12-24T18:00:00+16:00",
    "0000-01-01T00:00:00Z",
    "tomorrow",
    "",
    7,
  ])
    assert.match(changed({ scheduledFor: bad }), /^\/scheduledFor must be/, String(bad));
});

test("nesting is limited to 100 levels, however deep the value is", () => {
  const nested = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  assert.is(changed({ payload: { body: "x", deep: nested(98) } }), "good");
  for (const levels of [99, 100_000])
    assert.match(
      changed({ payload: { body: "x", deep: nested(levels) } }),
      /^\/payload\/deep(\/0)+ is nested deeper than 100/,
    );
});

test.run();
