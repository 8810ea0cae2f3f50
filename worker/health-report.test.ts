import { test } from "uvu";
import * as assert from "uvu/assert";
import { watchdogCheck } from "./health-report.ts";
import type { LoopStats } from "./poll/loop.ts";

const limits = { leaseMs: 60_000, callMs: 10_000 };
const loop = (name: string, ageMs: number, waiting: LoopStats["waiting"] = null) => ({ name, ageMs, waiting });
const toEnd = "for a delivery to end";

/** Since when, in milliseconds before now. */
const age = (since: unknown) => Date.now() - Date.parse(String(since));

test("a loop hangs when its poll takes longer than the lease, and the check says which and since when", () => {
  assert.equal(watchdogCheck([loop("new", 60_000)], 0, limits), { status: "up" });
  const { since, ...check } = watchdogCheck(
    [loop("new", 61_000), loop("failed", 90_000), loop("rescue", 0)],
    0,
    limits,
  );
  assert.equal(check, { status: "down", error: "loops whose poll hangs: new, failed" });
  assert.ok(Math.abs(age(since) - 90_000) < 1_000);
  const short = { leaseMs: 1_000, callMs: 1_000 };
  assert.is(
    watchdogCheck([loop("new", 29_000)], 0, short).status,
    "up",
    "a short lease leaves half a minute all the same",
  );
});

test("a loop may wait long for a delivery that makes progress", () => {
  assert.is(watchdogCheck([loop("new", 3_600_000, toEnd)], 5_000, limits).status, "up");
});

test("deliveries without progress for three leases, or twice the time limit of a call, never end", () => {
  const loops = [
    loop("new", 200_000, toEnd),
    loop("failed", 200_000, toEnd),
    loop("rescue", 0, "for its interval or a wake-up"),
  ];
  assert.is(watchdogCheck(loops, 180_000, limits).status, "up");
  const { since, ...check } = watchdogCheck(loops, 181_000, limits);
  assert.equal(check, {
    status: "down",
    error: "deliveries make no progress; loops that wait for one to end: new, failed",
  });
  assert.ok(Math.abs(age(since) - 181_000) < 1_000);
  assert.is(watchdogCheck(loops, 181_000, { ...limits, callMs: 120_000 }).status, "up");
  assert.is(watchdogCheck([], 181_000, limits).error, "deliveries make no progress", "also where slots are left");
});

test.run();
