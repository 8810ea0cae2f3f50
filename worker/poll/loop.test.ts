import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createLoop, type LoopOptions, type PollResult } from "./loop.ts";

class Transient extends Error {}

/** A loop with the polls of the test. */
function loopOf(poll: () => Promise<PollResult>, more: Partial<LoopOptions> = {}) {
  const stop = new AbortController();
  const reported: string[] = [];
  const loop = createLoop({
    intervalMs: 60_000,
    poll,
    allowed: async () => undefined,
    slot: async () => undefined,
    isTransient: (error) => error instanceof Transient,
    onTransient: (error) => void reported.push(String(error)),
    onPoll: (result) => void reported.push(result),
    ...more,
  });
  return { loop, reported, stop: () => stop.abort(), running: loop.run(stop.signal) };
}

test("polls never overlap, and follow each other while there are more rows", async () => {
  let under = 0;
  let most = 0;
  let polls = 0;
  const { loop, stop, running } = loopOf(async () => {
    most = Math.max(most, ++under);
    polls++;
    await sleep(5);
    under--;
    return polls < 5 ? "found" : "idle";
  });
  for (let i = 0; i < 20; i++) {
    loop.wake();
    await sleep(2);
  }
  stop();
  await running;
  assert.is(most, 1);
  assert.ok(polls >= 5);
});

test("a wake-up ends the wait for the interval", async () => {
  let polls = 0;
  const { loop, stop, running } = loopOf(async () => {
    polls++;
    return "idle";
  });
  await sleep(20);
  assert.is(polls, 1);
  assert.is(loop.stats().waiting, "for its interval or a wake-up");
  loop.wake();
  await sleep(20);
  assert.is(polls, 2);
  stop();
  await running;
});

test("a wake-up during a poll makes one more poll follow, for rows that it may not have seen", async () => {
  let polls = 0;
  let finish: (result: PollResult) => void = () => undefined;
  const { loop, stop, running } = loopOf(() => {
    polls++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await sleep(5);
  loop.wake();
  loop.wake();
  finish("idle");
  await sleep(10);
  assert.is(polls, 2);
  finish("idle");
  await sleep(10);
  assert.is(polls, 2);
  stop();
  await running;
});

test("the loop waits out a transient error: a wake-up does not end the wait, a recovery does", async () => {
  let polls = 0;
  const { loop, reported, stop, running } = loopOf(async () => {
    if (++polls === 1) throw new Transient("away");
    return "idle";
  });
  await sleep(20);
  for (let i = 0; i < 5; i++) {
    loop.wake();
    await sleep(5);
  }
  assert.is(polls, 1);
  assert.is(loop.stats().waiting, "after an error");
  assert.is(loop.stats().lastError, "away");
  loop.recovered();
  await sleep(20);
  assert.is(polls, 2);
  assert.is(loop.stats().lastError, null);
  assert.equal(reported, ["Error: away", "idle"]);
  stop();
  await running;
});

test("any other error ends the loop with it", async () => {
  const { loop, running } = loopOf(async () => {
    throw new TypeError("a bug");
  });
  await running.then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  );
  assert.is(loop.stats().errors, 1);
});

test("nothing is claimed until it is allowed, and a stop ends every wait", async () => {
  let polls = 0;
  const never = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const { loop, stop, running } = loopOf(
    async () => {
      polls++;
      return "idle";
    },
    { allowed: never },
  );
  await sleep(20);
  assert.is(loop.stats().waiting, "to be allowed to claim");
  assert.is(loop.stats().ageMs, 0);
  stop();
  await running;
  assert.is(polls, 0);
});

test("a loop that waits for a delivery to end shows as age, and says what it waits for", async () => {
  let free: () => void = () => undefined;
  const full = new Promise<void>((resolve) => {
    free = resolve;
  });
  let polls = 0;
  const poll = async (): Promise<PollResult> => {
    polls++;
    return "idle";
  };
  const { loop, stop, running } = loopOf(poll, { slot: () => full });
  await sleep(40);
  assert.is(loop.stats().waiting, "for a delivery to end");
  assert.ok(loop.stats().ageMs >= 20);
  assert.is(polls, 0);
  free();
  await sleep(20);
  assert.equal([polls, loop.stats().ageMs], [1, 0]);
  stop();
  await running;
});

test("a poll that hangs shows as age", async () => {
  const { loop, stop, running } = loopOf(async () => {
    await sleep(60);
    return "idle";
  });
  await sleep(40);
  assert.ok(loop.stats().ageMs >= 20);
  stop();
  await running;
});

test.run();
