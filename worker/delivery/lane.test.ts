import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createLane } from "./lane.ts";

/** A lane whose work under way the test ends. */
function laneOf(more: { readonly roundMs?: number } = {}) {
  const changes: boolean[] = [];
  const draining = new AbortController();
  let end: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    end = resolve;
  });
  const lane = createLane({
    draining: draining.signal,
    settled: () => settled,
    onChange: (open) => void changes.push(open),
    ...more,
  });
  return { lane, changes, drain: () => draining.abort(), end };
}
const ended = (promise: Promise<unknown>) =>
  Promise.race([promise.then((value) => value), sleep(20).then(() => "under way")]);

test("it is open while it is held; a stop closes it at once, and it is drained when nothing is under way any more", async () => {
  const { lane, changes, drain, end } = laneOf();
  assert.is(lane.isOpen(), false);
  const held = lane.hold(new AbortController().signal);
  assert.is(lane.isOpen(), true);
  assert.is(await ended(held), "under way");
  drain();
  assert.is(await ended(held), "under way");
  assert.is(lane.isOpen(), false, "nothing more is to be claimed");
  end();
  assert.is(await held, "drained");
  assert.equal(changes, [true, false]);
});

test("when it is taken away it closes at once, and does not wait for what is under way", async () => {
  const { lane, changes } = laneOf();
  const taken = new AbortController();
  const held = lane.hold(taken.signal);
  taken.abort();
  assert.is(await held, "round over");
  assert.equal([lane.isOpen(), ...changes], [false, true, false]);
});

test("held again before it was let go, as after a lost heartbeat, it stays open until the last one lets go", async () => {
  const { lane, changes } = laneOf();
  const [first, second] = [new AbortController(), new AbortController()];
  const old = lane.hold(first.signal);
  const young = lane.hold(second.signal);
  first.abort();
  await old;
  assert.is(lane.isOpen(), true);
  second.abort();
  await young;
  assert.equal([lane.isOpen(), ...changes], [false, true, false]);
});

test("what was taken away or stopped before it began is over at once", async () => {
  const { lane } = laneOf();
  assert.is(await lane.hold(AbortSignal.abort()), "round over");
  const stopping = laneOf();
  stopping.drain();
  stopping.end();
  assert.is(await stopping.lane.hold(new AbortController().signal), "drained");
  assert.is(stopping.lane.isOpen(), false);
});

test("a round ends by itself, for Temporal's history not to grow for ever", async () => {
  const { lane } = laneOf({ roundMs: 30 });
  const held = lane.hold(new AbortController().signal);
  assert.is(await ended(held), "under way");
  assert.is(await held, "round over");
});

test.run();
