import { setTimeout as sleep } from "node:timers/promises";
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
const going = new AbortController().signal;

function viewOf(read: () => SendingPauseState = () => state(0)) {
  const seen: SendingPauseState[] = [];
  let now = 1_000;
  const sendingPause = createPauseView(
    { read: async () => read() },
    (told) => void seen.push(told),
    () => now,
  );
  const passes = (ms: number) => {
    now += ms;
  };
  return { sendingPause, seen, passes };
}

test("it says since when it is closed, as the database told", async () => {
  const since = "2026-01-02T03:04:05.000Z";
  const { sendingPause } = viewOf(() => state(500, { since }));
  await sendingPause.refresh();
  assert.is(sendingPause.closed()?.since, since);
});

test("it is closed for as long as the database said, by this process's own clock, and says why", async () => {
  const { sendingPause, seen, passes } = viewOf(() => state(500, { needsPerson: true, reason: "refused" }));
  assert.is(sendingPause.closed(), undefined);
  await sendingPause.refresh();
  assert.equal(sendingPause.closed(), { until: new Date(1_500).toISOString(), reason: "refused", needsPerson: true });
  passes(500);
  assert.is(sendingPause.closed(), undefined);
  await sendingPause.opened(going);
  assert.equal(seen, [state(500, { needsPerson: true, reason: "refused" })]);
});

test("what the database says counts, also when it says sooner", () => {
  const { sendingPause, passes } = viewOf();
  sendingPause.see(state(60_000));
  sendingPause.see(state(500));
  passes(500);
  assert.is(sendingPause.closed(), undefined);
  sendingPause.see(state(60_000));
  sendingPause.see(state(-3_000));
  assert.is(sendingPause.closed(), undefined);
});

test("whoever waits for it goes on when it opens early, waits on when it closes for longer, and stops when asked to", async () => {
  const { sendingPause, passes } = viewOf();
  sendingPause.see(state(60_000));
  let opened = false;
  const waiting = sendingPause.opened(going).then(() => {
    opened = true;
  });
  sendingPause.see(state(120_000));
  await sleep(15);
  assert.is(opened, false);
  sendingPause.see(state(0));
  await waiting;

  sendingPause.see(state(60_000));
  const stop = new AbortController();
  const stopped = sendingPause.opened(stop.signal);
  stop.abort();
  await stopped;
  passes(60_000);
  await sendingPause.opened(going);
});

test("after a trip of the breaker sending is half-open until the database says that a call succeeded", () => {
  const { sendingPause, passes } = viewOf();
  assert.is(sendingPause.halfOpen(), false);
  sendingPause.see(state(500, { breakerOpens: 1 }));
  passes(1_000);
  assert.equal([sendingPause.closed(), sendingPause.halfOpen()], [undefined, true]);
  sendingPause.see(state(0, { breakerOpens: 0 }));
  assert.is(sendingPause.halfOpen(), false);
});

test("a call needs an open sending pause that is not half-open; while somebody tries the others wait, until it ends or counts as lost", async () => {
  const { sendingPause, passes } = viewOf();
  const answers = () => [sendingPause.mayCall(), sendingPause.waits(), sendingPause.closed() !== undefined];
  assert.equal(answers(), [true, false, false]);
  sendingPause.see(state(500));
  assert.equal(answers(), [false, true, true]);
  sendingPause.see(state(0, { breakerOpens: 1 }));
  assert.equal(answers(), [false, false, false], "free for whoever takes it");
  sendingPause.see(state(0, { breakerOpens: 1, probeMs: 300 }));
  assert.equal(answers(), [false, true, false]);
  passes(300);
  assert.equal(answers(), [false, false, false], "lost");
  sendingPause.see(state(0, { breakerOpens: 1, probeMs: 60_000 }));
  const opened = sendingPause.opened(going);
  sendingPause.see(state(0));
  await opened;
  assert.equal(answers(), [true, false, false]);
});

test.run();
