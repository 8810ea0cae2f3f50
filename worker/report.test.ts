import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LoopStats } from "./poll/loop.ts";
import { turningCheck } from "./report.ts";

const limits = { leaseMs: 60_000, callMs: 10_000 };
const turn = (name: string, ageMs: number, waiting: LoopStats["waiting"] = null) => ({ name, ageMs, waiting });
const toEnd = "for a delivery to end";

/** Since when, in milliseconds before now. */
const age = (since: unknown) => Date.now() - Date.parse(String(since));

test("a loop hangs when its turn takes longer than the lease, and the check says which and since when", () => {
  assert.equal(turningCheck([turn("new", 60_000)], 0, limits), { status: "up" });
  const { since, ...check } = turningCheck([turn("new", 61_000), turn("failed", 90_000), turn("rescue", 0)], 0, limits);
  assert.equal(check, { status: "down", error: "loops that do not come round: new, failed" });
  assert.ok(Math.abs(age(since) - 90_000) < 1_000);
  const short = { leaseMs: 1_000, callMs: 1_000 };
  assert.is(
    turningCheck([turn("new", 29_000)], 0, short).status,
    "up",
    "a short lease leaves half a minute all the same",
  );
});

test("a loop may wait long for a delivery that gets on", () => {
  assert.is(turningCheck([turn("new", 3_600_000, toEnd)], 5_000, limits).status, "up");
});

test("deliveries that stand still for three leases, or for twice what a call may take, never end", () => {
  const turns = [
    turn("new", 200_000, toEnd),
    turn("failed", 200_000, toEnd),
    turn("rescue", 0, "for its interval or a wake-up"),
  ];
  assert.is(turningCheck(turns, 180_000, limits).status, "up");
  const { since, ...check } = turningCheck(turns, 181_000, limits);
  assert.equal(check, {
    status: "down",
    error: "deliveries that do not get on; loops that wait for one to end: new, failed",
  });
  assert.ok(Math.abs(age(since) - 181_000) < 1_000);
  assert.is(turningCheck(turns, 181_000, { ...limits, callMs: 120_000 }).status, "up");
  assert.is(turningCheck([], 181_000, limits).error, "deliveries that do not get on", "also where slots are left");
});

test.run();
