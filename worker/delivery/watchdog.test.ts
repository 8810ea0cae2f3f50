import { test } from "uvu";
import * as assert from "uvu/assert";
import { deliver } from "./deliver.ts";
import { accepted, batches, ports } from "./rows.fixture.ts";
import { createWatchdog } from "./watchdog.ts";

function watchdogAt() {
  let at = 0;
  const watchdog = createWatchdog(() => at);
  return { watchdog, passes: (ms: number) => (at += ms) };
}

test("the delivery without progress for longest counts, and none when nothing is under way", () => {
  const { watchdog, passes } = watchdogAt();
  assert.is(watchdog.stuckMs(), 0);
  const first = watchdog.begin();
  passes(100);
  const second = watchdog.begin();
  passes(50);
  assert.is(watchdog.stuckMs(), 150);
  first.progressed();
  assert.is(watchdog.stuckMs(), 50);
  second.end();
  assert.is(watchdog.stuckMs(), 0);
  passes(70);
  assert.is(watchdog.stuckMs(), 70, "the end of others is no progress of this one");
  first.end();
  first.progressed();
  passes(10);
  assert.is(watchdog.stuckMs(), 0, "a delivery that ended does not come back");
});

test("each reply of Novu and each write is progress, and a call without a reply is none", async () => {
  const { watchdog, passes } = watchdogAt();
  const stuckAt: number[] = [];
  const { deps, run } = ports(
    async (call) => {
      stuckAt.push(watchdog.stuckMs());
      passes(40);
      return accepted(call);
    },
    { concurrency: 1, observer: { progressed: watchdog.begin().progressed } },
  );
  const settle: typeof deps.outbox.settle = async (...written) => {
    stuckAt.push(watchdog.stuckMs());
    passes(1_000);
    return await deps.outbox.settle(...written);
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, { token: "t", rows: batches(2) }, run);
  assert.equal(stuckAt.slice(0, 2), [0, 0]);
  assert.is(watchdog.stuckMs(), 0);
  passes(500);
  assert.is(watchdog.stuckMs(), 500);
});

test("a write that fails and is retried is progress: while Postgres is away, a restart would only lose Novu's replies", async () => {
  const { watchdog, passes } = watchdogAt();
  const observer = { progressed: watchdog.begin().progressed };
  const { deps, run } = ports(async (call) => accepted(call), { observer });
  const settle: typeof deps.outbox.settle = () => {
    passes(1_000);
    return Promise.reject(new Error("Postgres is away"));
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, { token: "t", rows: batches(1) }, run).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.is(watchdog.stuckMs(), 0);
});

test.run();
