import { test } from "uvu";
import * as assert from "uvu/assert";
import { deliver } from "./deliver.ts";
import { accepted, batches, going, ports } from "./rows.fixture.ts";
import { createWatchdog, withWatch } from "./watchdog.ts";

function progressAt() {
  let at = 0;
  const progress = createWatchdog(() => at);
  return { progress, passes: (ms: number) => (at += ms) };
}

test("the delivery that stands still longest counts, and none when nothing is under way", () => {
  const { progress, passes } = progressAt();
  assert.is(progress.stillMs(), 0);
  const first = progress.begin();
  passes(100);
  const second = progress.begin();
  passes(50);
  assert.is(progress.stillMs(), 150);
  first.moved();
  assert.is(progress.stillMs(), 50);
  second.end();
  assert.is(progress.stillMs(), 0);
  passes(70);
  assert.is(progress.stillMs(), 70, "the others' end is no move of this one");
  first.end();
  first.moved();
  passes(10);
  assert.is(progress.stillMs(), 0, "what ended does not come back");
});

test("each answer of Novu's and each write is a move, and a call without an answer is none", async () => {
  const { progress, passes } = progressAt();
  const beat = progress.begin();
  const stillAt: number[] = [];
  const { deps } = ports(
    async (call) => {
      stillAt.push(progress.stillMs());
      passes(40);
      return accepted(call);
    },
    { concurrency: 1 },
  );
  const settle: typeof deps.outbox.settle = async (...written) => {
    stillAt.push(progress.stillMs());
    passes(1_000);
    return await deps.outbox.settle(...written);
  };
  const watched = withWatch({ ...deps, outbox: { ...deps.outbox, settle } }, beat);
  await deliver(watched, { token: "t", rows: batches(2) }, going());
  assert.equal(stillAt.slice(0, 2), [0, 0]);
  assert.is(progress.stillMs(), 0);
  passes(500);
  assert.is(progress.stillMs(), 500);
});

test("a write that fails and is tried again is a move: while Postgres is away a restart would only lose what Novu answered", async () => {
  const { progress, passes } = progressAt();
  const { deps } = ports(async (call) => accepted(call));
  const settle: typeof deps.outbox.settle = () => Promise.reject(new Error("Postgres is away"));
  const { outbox } = withWatch({ ...deps, outbox: { ...deps.outbox, settle } }, progress.begin());
  passes(1_000);
  await outbox.settle("t", [], []).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.is(progress.stillMs(), 0);
});

test.run();
