import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SendingPauseState } from "../../core/delivery.ts";
import { createPauseView } from "./sending-pause.ts";

const state = (pausedMs: number, more: Partial<SendingPauseState> = {}): SendingPauseState => ({
  pausedMs,
  reason: "limited",
  needsPerson: false,
  breakerOpens: 0,
  probeMs: 0,
  ...more,
});

function viewOf(read: () => SendingPauseState = () => state(0)) {
  let updates = 0;
  let now = 1_000;
  const pause = createPauseView(
    { read: async () => read() },
    () => void updates++,
    () => now,
  );
  const passes = (ms: number) => {
    now += ms;
  };
  return { pause, updates: () => updates, passes };
}

test("it says since when sending is paused, as the database does", async () => {
  const since = "2026-01-02T03:04:05.000Z";
  const { pause } = viewOf(() => state(500, { since }));
  await pause.refresh();
  assert.is(pause.current()?.since, since);
});

test("a pause lasts as long as the database said, by this process's own clock, and has a reason", async () => {
  const { pause, updates, passes } = viewOf(() => state(500, { needsPerson: true, reason: "refused" }));
  assert.is(pause.current(), undefined);
  await pause.refresh();
  assert.equal(pause.current(), { until: new Date(1_500).toISOString(), reason: "refused", needsPerson: true });
  assert.equal([pause.msUntilClaim(), updates()], [500, 1]);
  passes(500);
  assert.equal([pause.current(), pause.msUntilClaim()], [undefined, 0]);
});

test("the last update counts, also when the pause ends sooner", () => {
  const { pause, passes } = viewOf();
  pause.update(state(60_000));
  pause.update(state(500));
  passes(500);
  assert.is(pause.current(), undefined);
  pause.update(state(60_000));
  pause.update(state(-3_000));
  assert.is(pause.current(), undefined);
});

test("the breaker is open during its pause, and half-open after it until a call succeeds", () => {
  const { pause, passes } = viewOf();
  assert.equal([pause.breakerState(), pause.mustProbe()], ["closed", false]);
  pause.update(state(500));
  assert.is(pause.breakerState(), "closed", "a rate limit is no open breaker");
  pause.update(state(500, { breakerOpens: 1 }));
  assert.equal([pause.breakerState(), pause.mustProbe()], ["open", true]);
  passes(1_000);
  assert.equal([pause.current(), pause.breakerState(), pause.mustProbe()], [undefined, "half_open", true]);
  pause.update(state(0, { breakerOpens: 0 }));
  assert.equal([pause.breakerState(), pause.mustProbe()], ["closed", false]);
});

test("a call needs a closed breaker and no pause; a claim waits for the pause and for the probe of another worker", () => {
  const { pause, passes } = viewOf();
  const answers = () => [pause.mayCall(), pause.msUntilClaim() > 0, pause.current() !== undefined];
  assert.equal(answers(), [true, false, false]);
  pause.update(state(500));
  assert.equal(answers(), [false, true, true]);
  pause.update(state(0, { breakerOpens: 1 }));
  assert.equal(answers(), [false, false, false], "the probe is free");
  pause.update(state(0, { breakerOpens: 1, probeMs: 300 }));
  assert.equal(answers(), [false, true, false]);
  passes(300);
  assert.equal(answers(), [false, false, false], "the probe is lost");
  pause.update(state(0));
  assert.equal(answers(), [true, false, false]);
});

test.run();
