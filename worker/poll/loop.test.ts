import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createLoop, type LoopOptions, type Turn } from "./loop.ts";

class Passing extends Error {}

/** A loop whose turns the test plays; it ends with the test. */
function loopOf(turn: () => Promise<Turn>, more: Partial<LoopOptions> = {}) {
  const stop = new AbortController();
  const told: string[] = [];
  const loop = createLoop({
    intervalMs: 60_000,
    turn,
    allowed: async () => undefined,
    slot: async () => undefined,
    isTransient: (error) => error instanceof Passing,
    onTransient: (error) => void told.push(String(error)),
    onTurn: (result) => void told.push(result),
    ...more,
  });
  return { loop, told, stop: () => stop.abort(), running: loop.run(stop.signal) };
}

test("turns never overlap, and follow each other while there is more", async () => {
  let under = 0;
  let most = 0;
  let turns = 0;
  const { loop, stop, running } = loopOf(async () => {
    most = Math.max(most, ++under);
    turns++;
    await sleep(5);
    under--;
    return turns < 5 ? "found" : "idle";
  });
  for (let i = 0; i < 20; i++) {
    loop.wake();
    await sleep(2);
  }
  stop();
  await running;
  assert.is(most, 1);
  assert.ok(turns >= 5);
});

test("a wake-up ends the wait for the interval", async () => {
  let turns = 0;
  const { loop, stop, running } = loopOf(async () => {
    turns++;
    return "idle";
  });
  await sleep(20);
  assert.is(turns, 1);
  assert.is(loop.stats().waiting, "for its interval or a wake-up");
  loop.wake();
  await sleep(20);
  assert.is(turns, 2);
  stop();
  await running;
});

test("a wake-up during a turn makes one more turn follow, for rows that it may not have seen", async () => {
  let turns = 0;
  let finish: (turn: Turn) => void = () => undefined;
  const { loop, stop, running } = loopOf(() => {
    turns++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await sleep(5);
  loop.wake();
  loop.wake();
  finish("idle");
  await sleep(10);
  assert.is(turns, 2);
  finish("idle");
  await sleep(10);
  assert.is(turns, 2);
  stop();
  await running;
});

test("a passing error is waited out: news does not cut the wait short, a recovery does", async () => {
  let turns = 0;
  const { loop, told, stop, running } = loopOf(async () => {
    if (++turns === 1) throw new Passing("away");
    return "idle";
  });
  await sleep(20);
  for (let i = 0; i < 5; i++) {
    loop.wake();
    await sleep(5);
  }
  assert.is(turns, 1);
  assert.is(loop.stats().waiting, "after an error");
  assert.is(loop.stats().lastError, "away");
  loop.recovered();
  await sleep(20);
  assert.is(turns, 2);
  assert.is(loop.stats().lastError, null);
  assert.equal(told, ["Error: away", "idle"]);
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
  let turns = 0;
  const never = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const { loop, stop, running } = loopOf(
    async () => {
      turns++;
      return "idle";
    },
    { allowed: never },
  );
  await sleep(20);
  assert.is(loop.stats().waiting, "to be allowed to claim");
  assert.is(loop.stats().ageMs, 0);
  stop();
  await running;
  assert.is(turns, 0);
});

test("a loop that waits for a delivery to end shows as age, and says what it waits for", async () => {
  let free: () => void = () => undefined;
  const full = new Promise<void>((resolve) => {
    free = resolve;
  });
  let turns = 0;
  const turn = async (): Promise<Turn> => {
    turns++;
    return "idle";
  };
  const { loop, stop, running } = loopOf(turn, { slot: () => full });
  await sleep(40);
  assert.is(loop.stats().waiting, "for a delivery to end");
  assert.ok(loop.stats().ageMs >= 20);
  assert.is(turns, 0);
  free();
  await sleep(20);
  assert.equal([turns, loop.stats().ageMs], [1, 0]);
  stop();
  await running;
});

test("a turn that hangs shows as age", async () => {
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
