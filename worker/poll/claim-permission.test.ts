import { test } from "uvu";
import * as assert from "uvu/assert";
import { createOccurrence, sleep } from "../../core/time.ts";
import { claimPermission } from "./claim-permission.ts";

const never = new AbortController().signal;

function rig() {
  const changed = createOccurrence();
  const state = { pauseUntil: 0, session: true, schema: true };
  const allowed = claimPermission({
    msUntilClaim: () => state.pauseUntil - performance.now(),
    sessionIsOpen: () => state.session,
    schemaIsCurrent: () => state.schema,
    changed,
  });
  /** Waits with a signal; returns whether the wait is over after a moment. */
  const wait = (signal = never) => {
    let over = false;
    const done = allowed(signal).then(() => {
      over = true;
    });
    const isOver = async () => {
      await sleep(10);
      return over;
    };
    return { done, isOver };
  };
  return { state, changed, wait };
}

test("nothing to wait for", async () => {
  assert.is(await rig().wait().isOver(), true);
});

test("it waits for the session and for the schema, and each change is an event", async () => {
  const { state, changed, wait } = rig();
  Object.assign(state, { session: false, schema: false });
  const { done, isOver } = wait();
  state.session = true;
  changed.fire();
  assert.is(await isOver(), false);
  state.schema = true;
  assert.is(await isOver(), false, "it looks only when something changed");
  changed.fire();
  await done;
});

test("a pause ends on its own, or early by an update", async () => {
  const { state, changed, wait } = rig();
  state.pauseUntil = performance.now() + 30;
  await wait().done;
  assert.ok(performance.now() >= state.pauseUntil);
  state.pauseUntil = performance.now() + 60_000;
  const { done, isOver } = wait();
  assert.is(await isOver(), false);
  state.pauseUntil += 60_000;
  changed.fire();
  assert.is(await isOver(), false, "it got longer");
  state.pauseUntil = 0;
  changed.fire();
  await done;
});

test("a stop ends the wait", async () => {
  const { state, wait } = rig();
  state.session = false;
  const stop = new AbortController();
  const { done } = wait(stop.signal);
  stop.abort();
  await done;
});

test.run();
