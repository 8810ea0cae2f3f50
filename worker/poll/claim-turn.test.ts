import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimTurnOptions, claimTurn, createInFlight, sweepTurn } from "./claim-turn.ts";

const going = new AbortController().signal;

function options(found: { count?: number; dead?: number }, more: Partial<ClaimTurnOptions> = {}) {
  const log: string[] = [];
  const { count = 0, dead = 0 } = found;
  const made: ClaimTurnOptions = {
    owner: "w",
    leaseMs: 1000,
    limit: 10,
    inFlight: createInFlight(2),
    claims: {
      claim: async (kind) => ({ token: `t-${kind}`, count }),
      sweep: async () => ({ token: "t-sweep", count, dead }),
      release: async (token) => {
        log.push(`release ${token}`);
        return count;
      },
      releaseAll: async () => 0,
    },
    start: async (token) => {
      log.push(`start ${token}`);
      return { done: Promise.resolve() };
    },
    onClaim: (kind, n, buried) => void log.push(`${kind} ${n} ${buried}`),
    ...more,
  };
  return { made, log };
}

test("a turn starts the delivery of what it claimed; only a full claim means that there may be more", async () => {
  const table = [
    { found: { count: 0 }, result: "idle", log: [] },
    { found: { count: 3 }, result: "idle", log: ["new 3 0", "start t-new"] },
    { found: { count: 10 }, result: "found", log: ["new 10 0", "start t-new"] },
    { found: { count: 12 }, result: "found", log: ["new 12 0", "start t-new"] },
  ];
  for (const { found, result, log: expected } of table) {
    const { made, log } = options(found);
    assert.is(await claimTurn("new", made)(going), result);
    assert.equal(log, expected);
  }
});

test("the sweep starts what it took over, and buries without a start", async () => {
  const table = [
    { found: {}, result: "idle", log: [] },
    { found: { dead: 2 }, result: "idle", log: ["sweep 0 2"] },
    { found: { dead: 10 }, result: "found", log: ["sweep 0 10"] },
    { found: { count: 4, dead: 1 }, result: "idle", log: ["sweep 4 1", "start t-sweep"] },
  ];
  for (const { found, result, log: expected } of table) {
    const { made, log } = options(found);
    assert.is(await sweepTurn(made)(going), result);
    assert.equal(log, expected);
  }
});

test("a delivery that cannot be started gives its rows back and tells why", async () => {
  const { made, log } = options({ count: 5 }, { start: () => Promise.reject(new Error("Temporal is away")) });
  await claimTurn(
    "failed",
    made,
  )(going).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Temporal is away"),
  );
  assert.equal(log, ["failed 5 0", "release t-failed"]);
  assert.is(made.inFlight.count(), 0);
});

test("no more claims are in flight than allowed, whether they end well or not", async () => {
  const inFlight = createInFlight(2);
  const ends: (() => void)[] = [];
  inFlight.track(new Promise<void>((resolve) => void ends.push(resolve)));
  inFlight.track(new Promise((_, reject) => void ends.push(() => reject(new Error("failed")))));
  let got = false;
  const slot = inFlight.slot(going).then(() => {
    got = true;
  });
  await sleep(10);
  assert.is(got, false);
  ends[1]?.();
  await slot;
  assert.is(inFlight.count(), 1);
  const stop = new AbortController();
  inFlight.track(new Promise<void>((resolve) => void ends.push(resolve)));
  const aborted = inFlight.slot(stop.signal);
  stop.abort();
  await aborted;
  for (const end of ends) end();
  await inFlight.settled(going);
  assert.is(inFlight.count(), 0);
});

test("a stopping worker claims nothing more", async () => {
  const { made, log } = options({ count: 5 });
  assert.is(await claimTurn("new", made)(AbortSignal.abort()), "idle");
  assert.equal(log, []);
});

test.run();
