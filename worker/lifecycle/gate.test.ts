import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { GateState } from "../../core/delivery.ts";
import { createGateView } from "./gate.ts";

const state = (closedMs: number, more: Partial<GateState> = {}): GateState => ({
  closedMs,
  reason: "limited",
  needsPerson: false,
  trips: 0,
  trialMs: 0,
  ...more,
});
const going = new AbortController().signal;

function viewOf(read: () => GateState = () => state(0)) {
  const seen: GateState[] = [];
  let now = 1_000;
  const gate = createGateView(
    { read: async () => read() },
    (told) => void seen.push(told),
    () => now,
  );
  const passes = (ms: number) => {
    now += ms;
  };
  return { gate, seen, passes };
}

test("it says since when it is closed, as the database told", async () => {
  const since = "2026-01-02T03:04:05.000Z";
  const { gate } = viewOf(() => state(500, { since }));
  await gate.refresh();
  assert.is(gate.closed()?.since, since);
});

test("it is closed for as long as the database said, by this process's own clock, and says why", async () => {
  const { gate, seen, passes } = viewOf(() => state(500, { needsPerson: true, reason: "refused" }));
  assert.is(gate.closed(), undefined);
  await gate.refresh();
  assert.equal(gate.closed(), { until: new Date(1_500).toISOString(), reason: "refused", needsPerson: true });
  passes(500);
  assert.is(gate.closed(), undefined);
  await gate.opened(going);
  assert.equal(seen, [state(500, { needsPerson: true, reason: "refused" })]);
});

test("what the database says counts, also when it says sooner", () => {
  const { gate, passes } = viewOf();
  gate.see(state(60_000));
  gate.see(state(500));
  passes(500);
  assert.is(gate.closed(), undefined);
  gate.see(state(60_000));
  gate.see(state(-3_000));
  assert.is(gate.closed(), undefined);
});

test("whoever waits for it goes on when it opens early, waits on when it closes for longer, and stops when asked to", async () => {
  const { gate, passes } = viewOf();
  gate.see(state(60_000));
  let opened = false;
  const waiting = gate.opened(going).then(() => {
    opened = true;
  });
  gate.see(state(120_000));
  await sleep(15);
  assert.is(opened, false);
  gate.see(state(0));
  await waiting;

  gate.see(state(60_000));
  const stop = new AbortController();
  const stopped = gate.opened(stop.signal);
  stop.abort();
  await stopped;
  passes(60_000);
  await gate.opened(going);
});

test("after a trip of the breaker sending is on trial until the database says that a call succeeded", () => {
  const { gate, passes } = viewOf();
  assert.is(gate.onTrial(), false);
  gate.see(state(500, { trips: 1 }));
  passes(1_000);
  assert.equal([gate.closed(), gate.onTrial()], [undefined, true]);
  gate.see(state(0, { trips: 0 }));
  assert.is(gate.onTrial(), false);
});

test("a call needs an open gate that is not on trial; while somebody tries the others wait, until it ends or counts as lost", async () => {
  const { gate, passes } = viewOf();
  const answers = () => [gate.mayCall(), gate.waits(), gate.closed() !== undefined];
  assert.equal(answers(), [true, false, false]);
  gate.see(state(500));
  assert.equal(answers(), [false, true, true]);
  gate.see(state(0, { trips: 1 }));
  assert.equal(answers(), [false, false, false], "free for whoever takes it");
  gate.see(state(0, { trips: 1, trialMs: 300 }));
  assert.equal(answers(), [false, true, false]);
  passes(300);
  assert.equal(answers(), [false, false, false], "lost");
  gate.see(state(0, { trips: 1, trialMs: 60_000 }));
  const opened = gate.opened(going);
  gate.see(state(0));
  await opened;
  assert.equal(answers(), [true, false, false]);
});

test.run();
