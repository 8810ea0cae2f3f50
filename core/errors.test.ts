import { createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { messageOf, SettingsError, UsageError, XnovuError } from "./errors.ts";

test("each error carries the exit code of its kind", () => {
  assert.is(new XnovuError("x").exitCode, 1);
  assert.is(new UsageError("x").exitCode, 2);
  assert.is(new SettingsError(["x"]).exitCode, 78);
  assert.is(new UsageError("x", "do y").hint, "do y");
  assert.is(new UsageError("x").name, "UsageError");
});

test("a SettingsError lists every problem on a line of its own", () => {
  assert.is(new SettingsError(["A is missing", "B is wrong"]).message, "2 bad settings:\n  A is missing\n  B is wrong");
  assert.match(new SettingsError(["A is missing"]).message, /^1 bad setting:/);
});

test("messageOf names the innermost cause once", () => {
  const inner = new Error("port closed");
  assert.is(messageOf(new Error("fetch failed", { cause: inner })), "fetch failed: port closed");
  assert.is(messageOf(new Error("sent: port closed", { cause: inner })), "sent: port closed");
  assert.is(messageOf(new Error("a", { cause: new Error("b", { cause: "c" }) })), "a: b: c");
});

test("messageOf says something of anything thrown", () => {
  assert.is(messageOf("text"), "text");
  assert.is(messageOf(undefined), "undefined");
  assert.is(messageOf(null), "null");
  assert.is(messageOf(new TypeError()), "TypeError");
  assert.is(messageOf(new AggregateError([new Error("one"), new Error("two")])), "one; two");
});

test("messageOf ends for an error that is its own cause", () => {
  const error = new Error("round");
  error.cause = error;
  assert.is(messageOf(error), "round");
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  assert.is(messageOf(first), "first: second");
});

test("messageOf says why a real connection failed", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === "object" ? address?.port : 0;
  const error: unknown = await fetch(`http://localhost:${port}`).catch((e: unknown) => e);
  assert.match(messageOf(error), /^fetch failed: .*ECONNREFUSED/);
});

test.run();
