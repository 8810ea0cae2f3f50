import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runCheck } from "./check.ts";

test("a probe that resolves is up, with the time it took", async () => {
  const { result, fault } = await runCheck(() => sleep(30), 1000);
  assert.is(result.status, "up");
  assert.ok(result.latencyMs >= 25 && result.latencyMs < 1000, String(result.latencyMs));
  assert.equal(Object.keys(result), ["status", "latencyMs"]);
  assert.is(fault, undefined);
});

test("a probe that rejects is down: a word for strangers, the fault for the log", async () => {
  const error = Object.assign(new Error("db.internal:5432"), { code: "ECONNREFUSED" });
  const { result, fault } = await runCheck(() => Promise.reject(error), 1000);
  assert.is(result.status, "down");
  assert.is(result.error, "connection refused");
  assert.is(fault, error);
});

test("a probe that throws at once is down as well", async () => {
  const { result } = await runCheck(() => {
    throw new Error("bug");
  }, 1000);
  assert.is(result.error, "failed");
});

test("a probe that ignores its signal is given up at the limit, and told to stop", async () => {
  let told = false;
  const startedAt = performance.now();
  const { result } = await runCheck((signal) => {
    signal.addEventListener("abort", () => {
      told = true;
    });
    return sleep(400);
  }, 60);
  assert.ok(performance.now() - startedAt < 300);
  assert.is(result.error, "timed out");
  assert.ok(told);
});

test("a probe that rejects after it was given up leaves no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  await runCheck(() => sleep(40).then(() => Promise.reject(new Error("late"))), 10);
  await sleep(80);
  process.off("unhandledRejection", note);
  assert.equal(unhandled, []);
});

test.run();
