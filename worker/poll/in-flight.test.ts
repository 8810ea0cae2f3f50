import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createInFlight } from "./in-flight.ts";

const going = new AbortController().signal;

/** Work that the test ends. */
function held() {
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { work, end, fail: () => fail(new Error("failed")) };
}
/** Whether a promise has ended by now. */
const ended = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), sleep(15).then(() => false)]);

test("no more claims are in flight than allowed, whether they end well or not", async () => {
  const inFlight = createInFlight(2);
  const [first, second, third] = [held(), held(), held()];
  inFlight.track(first.work);
  inFlight.track(second.work);
  const slot = inFlight.slot(going);
  assert.is(await ended(slot), false);
  second.fail();
  await slot;
  assert.is(inFlight.count(), 1);
  const stop = new AbortController();
  inFlight.track(third.work);
  const aborted = inFlight.slot(stop.signal);
  stop.abort();
  await aborted;
  for (const { end } of [first, third]) end();
  await inFlight.settled(going);
  assert.is(inFlight.count(), 0);
});

test("exclusive work waits until nothing else is in flight, and no slot is free meanwhile", async () => {
  const inFlight = createInFlight(4);
  const [before, exclusive] = [held(), held()];
  inFlight.track(before.work);
  let begun = false;
  const done = inFlight.exclusive(going, async () => {
    begun = true;
    await exclusive.work;
    return "done";
  });
  const slot = inFlight.slot(going);
  assert.equal([await ended(slot), begun], [false, false]);
  before.end();
  assert.equal([await ended(slot), begun], [false, true]);
  exclusive.end();
  assert.is(await done, "done");
  await slot;
  assert.is(inFlight.count(), 0);
});

test("concurrent work takes no slot, ends before exclusive work starts, and does not start during it", async () => {
  const inFlight = createInFlight(1);
  const [long, exclusive] = [held(), held()];
  const concurrent = inFlight.concurrent(going, () => long.work.then(() => "sent"));
  await inFlight.slot(going);
  await inFlight.settled(going);
  const begun: string[] = [];
  const done = inFlight.exclusive(going, async () => {
    begun.push("exclusive");
    await exclusive.work;
  });
  const later = inFlight.concurrent(going, async () => void begun.push("later"));
  assert.is(await ended(done), false);
  assert.equal(begun, []);
  long.end();
  assert.is(await concurrent, "sent");
  assert.is(await ended(later), false);
  assert.equal(begun, ["exclusive"]);
  assert.is(await ended(inFlight.settled(going)), false, "a stop waits for exclusive work");
  exclusive.end();
  await Promise.all([done, later, inFlight.settled(going)]);
  assert.equal(begun, ["exclusive", "later"]);
});

test("after a stop, exclusive work that waits does not start", async () => {
  const inFlight = createInFlight(2);
  const before = held();
  inFlight.track(before.work);
  const stop = new AbortController();
  const done = inFlight.exclusive(stop.signal, async () => "begun");
  stop.abort();
  assert.is(await done, undefined);
  before.end();
});

test("slots are free again when exclusive work fails, and a stop ends the wait for it", async () => {
  const inFlight = createInFlight(1);
  await inFlight.exclusive(going, () => Promise.reject(new Error("failed"))).catch(() => undefined);
  await inFlight.slot(going);
  const stop = new AbortController();
  const exclusive = held();
  const done = inFlight.exclusive(going, () => exclusive.work);
  const slot = inFlight.slot(stop.signal);
  stop.abort();
  await slot;
  exclusive.end();
  await done;
});

test("exclusive work also waits for a claim that has not returned yet", async () => {
  const inFlight = createInFlight(4);
  const [claim, delivery] = [held(), held()];
  // As a poll does: the claim is tracked, and what it found is tracked as it ends.
  inFlight.track(claim.work);
  const turn = claim.work.then(() => inFlight.track(delivery.work));
  let begun = false;
  const done = inFlight.exclusive(going, async () => {
    begun = true;
  });
  claim.end();
  await turn;
  await sleep(15);
  assert.is(begun, false);
  delivery.end();
  await done;
  assert.ok(begun);
});

test.run();
