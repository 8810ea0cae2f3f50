import { test } from "uvu";
import * as assert from "uvu/assert";
import { nextCron } from "./cron.ts";
import { durationMs, groupKey, waitMs } from "./timing.ts";

const at = (iso: string) => Date.parse(iso);
const now = at("2026-03-04T10:15:30Z"); // a Wednesday

const crons: [expression: string, expected: string | undefined][] = [
  ["* * * * *", "2026-03-04T10:16:00Z"],
  ["*/20 * * * *", "2026-03-04T10:20:00Z"],
  ["0 9 * * *", "2026-03-05T09:00:00Z"],
  ["0 9 * * 1-5", "2026-03-05T09:00:00Z"],
  ["30 8 * * 0", "2026-03-08T08:30:00Z"],
  ["30 8 * * 7", "2026-03-08T08:30:00Z"],
  ["0 0 1 1,7 *", "2026-07-01T00:00:00Z"],
  ["0 0 13 * 5", "2026-03-06T00:00:00Z"],
  ["0 0 30 2 *", undefined],
  ["61 * * * *", undefined],
  ["every day", undefined],
];
for (const [expression, expected] of crons)
  test(`cron ${expression}`, () => {
    const found = nextCron(expression, now);
    assert.is(found, expected === undefined ? undefined : at(expected));
  });

test("waits: amount and unit, cron, a date or a duration of the payload; a reason when there is none", () => {
  assert.is(durationMs({ amount: 2, unit: "days" }), 172_800_000);
  assert.is(waitMs({ amount: 5, unit: "seconds" }, {}, now), 5000);
  assert.is(waitMs({ cron: "16 10 * * *" }, {}, now), 30_000);
  assert.is(waitMs({ dynamicKey: "payload.at" }, { at: "2026-03-04T10:16:30Z" }, now), 60_000);
  assert.is(waitMs({ dynamicKey: "wait" }, { wait: { amount: 1, unit: "minutes" } }, now), 60_000);
  for (const [outputs, payload] of [
    [{}, {}],
    [{ cron: "x" }, {}],
    [{ dynamicKey: "at" }, {}],
    [{ dynamicKey: "at" }, { at: "2020-01-01T00:00:00Z" }],
  ] as const)
    assert.type(waitMs(outputs, payload, now), "object");
});

test("a group key is the payload's value at the key, else the key itself", () => {
  assert.is(groupKey("post.id", { post: { id: 7 } }), "post.id=7");
  assert.is(groupKey("literal", { post: 1 }), "literal");
  assert.is(groupKey(undefined, {}), "");
});

test.run();
