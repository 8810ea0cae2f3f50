import { test } from "uvu";
import * as assert from "uvu/assert";
import { itemsOf, judgeError, judgeItem, maxRetryAfterMs, parseRetryAfter } from "./reply.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

test("Retry-After is seconds or a date, capped, never negative", () => {
  const table: [string | null, number | undefined][] = [
    [null, undefined],
    ["", undefined],
    [" ", undefined],
    ["0", 0],
    [" 5 ", 5_000],
    ["901", maxRetryAfterMs],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["Fri, 01 Jan 2027 00:00:00 GMT", maxRetryAfterMs],
    ["soon", undefined],
  ];
  for (const [value, ms] of table) assert.is(parseRetryAfter(value, now), ms, String(value));
});

test("`processed` is accepted, and a word of a later Novu that comes without a fault; every known refusal is final", () => {
  assert.equal(judgeItem({ status: "processed" }), { kind: "accepted" });
  assert.equal(judgeItem({ status: "queued", acknowledged: true }), { kind: "accepted" });
  assert.equal(judgeItem({ status: "later", acknowledged: false }), { kind: "rejected", reason: "later" });
  for (const status of [
    "error",
    "trigger_not_active",
    "no_workflow_steps_defined",
    "subscriber_id_missing",
    "no_tenant_found",
    "",
  ])
    assert.equal(judgeItem({ status }), { kind: "rejected", reason: status });
  assert.equal(judgeItem({ status: "error", error: ["a", "b"] }), { kind: "rejected", reason: "error: a; b" });
  assert.equal(judgeItem({ status: "error", error: [] }), { kind: "rejected", reason: "error" });
});

test("anything else thrown is unknown, with its reason", () => {
  for (const thrown of [new TypeError("fetch failed"), "text", undefined]) {
    assert.is(judgeError(thrown).kind, "unknown");
    assert.is(itemsOf(thrown), undefined);
  }
});

test.run();
