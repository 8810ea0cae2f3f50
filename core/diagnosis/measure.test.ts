import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { categoryOf } from "./category.ts";
import { type Measured, measure } from "./measure.ts";

const categoryIn = (measured: Measured<unknown>) => (measured.ok ? "ok" : categoryOf(measured.error));

test("a query that resolves gives its value and the time it took", async () => {
  const measured = await measure(() => sleep(30, "value"), 1000);
  assert.is(measured.ok && measured.value, "value");
  assert.ok(measured.ms >= 25 && measured.ms < 1000, String(measured.ms));
});

test("a query that rejects, or throws at once, gives its error", async () => {
  const error = Object.assign(new Error("db.internal:5432"), { code: "ECONNREFUSED" });
  const rejected = await measure(() => Promise.reject(error), 1000);
  assert.is(rejected.ok ? undefined : rejected.error, error);
  const thrown = await measure(() => {
    throw error;
  }, 1000);
  assert.is(categoryIn(thrown), "connection refused");
});

test("a query that ignores its signal times out at the limit, and its signal aborts", async () => {
  let aborted = false;
  const startedAt = performance.now();
  const measured = await measure((signal) => {
    signal.addEventListener("abort", () => {
      aborted = true;
    });
    return sleep(400);
  }, 60);
  assert.ok(performance.now() - startedAt < 300);
  assert.is(categoryIn(measured), "timed out");
  assert.ok(aborted);
});

test("a query that rejects after the limit leaves no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  await measure(() => sleep(40).then(() => Promise.reject(new Error("late"))), 10);
  await sleep(80);
  process.off("unhandledRejection", note);
  assert.equal(unhandled, []);
});

test.run();
