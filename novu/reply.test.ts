import { test } from "uvu";
import * as assert from "uvu/assert";
import { maxRetryAfterMs, policy, ruleOf } from "./policy.ts";
import { judge, judgeItem, parseRetryAfter } from "./reply.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

test("Retry-After is seconds or a date, capped, never negative", () => {
  const table: [string | undefined, number | undefined][] = [
    [undefined, undefined],
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

test("`processed` is accepted, and so is an unknown word without an error; every known refusal is final", () => {
  assert.equal(judgeItem({ status: "processed" }), { kind: "sent" });
  assert.equal(judgeItem({ status: "queued", acknowledged: true }), { kind: "sent" });
  assert.equal(judgeItem({ status: "later", acknowledged: false }), { kind: "dead", error: "later" });
  for (const status of [
    "error",
    "trigger_not_active",
    "no_workflow_steps_defined",
    "subscriber_id_missing",
    "no_tenant_found",
    "",
  ])
    assert.equal(judgeItem({ status }), { kind: "dead", error: status });
  for (const status of ["error", "trigger_not_active", "invalid_recipients"])
    assert.equal(judgeItem({ status, acknowledged: true }), { kind: "dead", error: status }, "although acknowledged");
  assert.equal(judgeItem({ status: "error", error: ["a", "b"] }), { kind: "dead", error: "error: a; b" });
  assert.equal(judgeItem({ status: "error", error: [] }), { kind: "dead", error: "error" });
});

test("each status has one rule, and the reply follows it", () => {
  const kinds = {
    "read the items": "answered",
    repeat: "unknown",
    pause: "paused",
    "pause and alert": "paused",
    halve: "invalid",
  };
  const body = JSON.stringify({ data: [{ status: "processed", acknowledged: true }] });
  for (let status = 100; status < 600; status++) {
    const { then } = ruleOf(status);
    const reply = judge({ status, body, header: () => undefined }, 1);
    assert.is(reply.kind, kinds[then], String(status));
    if (reply.kind === "paused") assert.is(reply.needsPerson, then === "pause and alert");
  }
  const of = (...statuses: number[]) => [...new Set(statuses.map((status) => ruleOf(status).then))];
  assert.equal(of(400, 413, 415, 422), ["halve"]);
  assert.equal(of(102, 408, 409, 425, 500, 502, 503, 504, 599, 0, 600), ["repeat"]);
  assert.equal(of(200, 201), ["read the items"]);
  assert.equal(of(429), ["pause"]);
  const path = [
    300, 301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 418, 421, 426, 431, 451, 501, 505, 511,
  ];
  assert.equal(of(...path), ["pause and alert"]);
  assert.ok(policy.every(({ why }) => why.length > 10));
});

test("an error replayed from the idempotency cache needs a new key when it was transient, and stays when it was about the content", () => {
  const replayed = (status: number) =>
    judge({ status, body: "{}", header: (name) => (name === "idempotency-replay" ? "true" : undefined) }, 1).kind;
  assert.equal([401, 409, 429, 500, 503].map(replayed), Array(5).fill("replayed"));
  assert.equal([400, 413, 422].map(replayed), Array(3).fill("invalid"));
});

test("a success that is not Novu's pauses sending, and one about another number of events says nothing certain", () => {
  const of = (body: string, status = 201) => judge({ status, body, header: () => undefined }, 1);
  for (const body of [
    "",
    "no JSON",
    "{}",
    '{"data":{}}',
    '{"data":[{}]}',
    '{"data":[1]}',
    "<!doctype html><title>Sign in</title>",
  ]) {
    const reply = of(body);
    assert.is(reply.kind, "paused", body);
    assert.ok(reply.kind === "paused" && reply.needsPerson && reply.reason.includes("check NOVU_API_URL"), body);
  }
  assert.is(of("", 204).kind, "paused");
  for (const body of ["[]", '[{"status":"processed"},{"status":"processed"}]'])
    assert.is(of(body).kind, "unknown", body);
  assert.is(of('[{"status":"processed"}]').kind, "answered");
});

test("a reason says what to do, names where a redirect leads, and repeats no page and no token", () => {
  const reason = (status: number, body: string, location?: string) => {
    const header = (name: string) => (name === "location" ? location : undefined);
    const reply = judge({ status, body, header }, 1);
    return "reason" in reply ? reply.reason : "";
  };
  assert.is(
    reason(302, "", "https://login.example/start?token=s3cret"),
    "Novu answered 302: nothing (location: https://login.example/start); a redirect: set NOVU_API_URL to the address that it names, with https",
  );
  assert.match(
    reason(407, "<html><body>Proxy login</body></html>"),
    /^Novu answered 407: a web page; .*check HTTPS_PROXY$/,
  );
  assert.match(reason(400, '{"message":["a","b"],"errors":{"x":1}}'), /^Novu answered 400: a; b \{"x":1\}$/);
});

test.run();
