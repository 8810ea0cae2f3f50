import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSession } from "./session.ts";

/** A worker session whose work under way the test ends. */
function sessionOf(more: { readonly roundMs?: number } = {}) {
  const changes: boolean[] = [];
  const draining = new AbortController();
  let end: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    end = resolve;
  });
  const session = createSession({
    draining: draining.signal,
    settled: () => settled,
    onChange: (open) => void changes.push(open),
    ...more,
  });
  return { session, changes, drain: () => draining.abort(), end };
}
const ended = (promise: Promise<unknown>) =>
  Promise.race([promise.then((value) => value), sleep(20).then(() => "under way")]);

test("it is open while it is held; a stop closes it at once, and it is drained when nothing is under way any more", async () => {
  const { session, changes, drain, end } = sessionOf();
  assert.is(session.isOpen(), false);
  const held = session.hold(new AbortController().signal);
  assert.is(session.isOpen(), true);
  assert.is(await ended(held), "under way");
  drain();
  assert.is(await ended(held), "under way");
  assert.is(session.isOpen(), false, "nothing more is to be claimed");
  end();
  assert.is(await held, "drained");
  assert.equal(changes, [true, false]);
});

test("when it is taken away it closes at once, and does not wait for what is under way", async () => {
  const { session, changes } = sessionOf();
  const taken = new AbortController();
  const held = session.hold(taken.signal);
  taken.abort();
  assert.is(await held, "round over");
  assert.equal([session.isOpen(), ...changes], [false, true, false]);
});

test("held again before it was let go, as after a lost heartbeat, it stays open until the last one lets go", async () => {
  const { session, changes } = sessionOf();
  const [first, second] = [new AbortController(), new AbortController()];
  const old = session.hold(first.signal);
  const young = session.hold(second.signal);
  first.abort();
  await old;
  assert.is(session.isOpen(), true);
  second.abort();
  await young;
  assert.equal([session.isOpen(), ...changes], [false, true, false]);
});

test("what was taken away or stopped before it began is over at once", async () => {
  const { session } = sessionOf();
  assert.is(await session.hold(AbortSignal.abort()), "round over");
  const stopping = sessionOf();
  stopping.drain();
  stopping.end();
  assert.is(await stopping.session.hold(new AbortController().signal), "drained");
  assert.is(stopping.session.isOpen(), false);
});

test("a round ends by itself, for Temporal's history not to grow for ever", async () => {
  const { session } = sessionOf({ roundMs: 30 });
  const held = session.hold(new AbortController().signal);
  assert.is(await ended(held), "under way");
  assert.is(await held, "round over");
});

test.run();
