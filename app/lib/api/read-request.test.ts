import { test } from "uvu";
import * as assert from "uvu/assert";
import { Problem } from "./problem.ts";
import { readRequest } from "./read-request.ts";

const sms = { workflow: "sms", recipients: "ada", payload: { body: "Hi" } };

function problem(value: unknown, idempotencyKey: string | null = null): Problem {
  try {
    readRequest(value, idempotencyKey);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("the request was accepted");
}

test("a notification, an array, and an object with one", () => {
  assert.equal(readRequest(sms, null).notifications, [sms]);
  for (const [value, base] of [
    [[sms, sms], ""],
    [{ notifications: [sms, sms] }, "/notifications"],
  ] as const) {
    const sent = readRequest(value, null);
    assert.is(sent.isList, true);
    assert.equal(sent.notifications, [sms, sms]);
    assert.is(sent.pointerOf(1), `${base}/1`);
  }
  assert.is(readRequest([sms], null).isList, true, "one in an array is a list");
});

test("an error in a list says where it is, and that none was accepted", () => {
  const { status, message, pointer } = problem({ notifications: [sms, { ...sms, payload: {} }] });
  assert.equal(
    [status, pointer, message],
    [422, "/notifications/1/payload/body", "notifications/1/payload/body is missing. None of the list was accepted."],
  );
  assert.is(problem({ ...sms, payload: {} }).message, "payload/body is missing.");
});

test("anything but a list of 1 to 100 is refused", () => {
  const list = (length: number) => Array.from({ length }, () => sms);
  assert.is(readRequest(list(100), null).notifications.length, 100);
  const table: [unknown, string, RegExp][] = [
    [list(101), "", /1 to 100 notifications; it has 101/],
    [[], "", /it has 0/],
    [{ notifications: [] }, "/notifications", /it has 0/],
    [{ notifications: sms }, "/notifications", /array/],
    [{ notifications: [sms], workflow: "sms" }, "/workflow", /only field is "notifications"/],
    ["x", "", /a notification, an array/],
    [null, "", /a notification, an array/],
  ];
  for (const [value, pointer, message] of table) {
    const found = problem(value);
    assert.equal([found.status, found.pointer], [422, pointer], JSON.stringify(value)?.slice(0, 60));
    assert.match(found.message, message);
  }
});

test("Idempotency-Key applies to a single notification, with or without quotes, and must match the body", () => {
  for (const header of ["order-1", '"order-1"', " order-1 "])
    assert.is(readRequest(sms, header).transactionId, "order-1");
  assert.is(readRequest({ ...sms, transactionId: "order-1" }, "order-1").transactionId, "order-1");
  for (const header of ["", "a b", '"a', "a,b", "x".repeat(201)]) assert.is(problem(sms, header).status, 400, header);
  assert.match(problem({ ...sms, transactionId: "a" }, "b").message, "differ");
  assert.match(problem([sms], "a").message, "its own transactionId");
});

test.run();
