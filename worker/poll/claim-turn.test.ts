import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Claim } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { type ClaimTurnOptions, claimTurn, rescueTurn } from "./claim-turn.ts";
import { createInFlight } from "./in-flight.ts";

const going = new AbortController().signal;
const row: ClaimedNotification = {
  id: "1",
  enterpriseId: "acme",
  workflow: "email",
  recipients: ['"s"'],
  payload: "{}",
  overrides: "{}",
  transactionId: "t",
  attempts: 1,
  maxAttempts: 8,
  batchId: "b",
  settled: [],
  sentBefore: false,
};
const rows = (count: number) => Array.from({ length: count }, () => row);

interface Found {
  readonly count?: number;
  readonly dead?: number;
  /** How many poison rows there are. */
  readonly poisonRows?: number;
  /** The probe is another's. */
  readonly held?: boolean;
}

function options({ count = 0, dead = 0, poisonRows = 0, held = false }: Found, more: Partial<ClaimTurnOptions> = {}) {
  const log: string[] = [];
  let left = poisonRows;
  const made: ClaimTurnOptions = {
    owner: "w",
    leaseMs: 1000,
    size: {
      limit: () => 100,
      claimed: (found) => void log.push(`size ${found}`),
      trouble: () => undefined,
    },
    inFlight: createInFlight(2),
    halfOpen: () => false,
    probeMs: 500,
    onHeld: async () => void log.push("asks"),
    claims: {
      claimProbe: async (kind, _owner, _lease, probeMs) => {
        log.push(`probe ${kind} ${probeMs}`);
        if (held) return "held";
        return count === 0 ? "nothing due" : { token: `t-${kind}`, rows: rows(1), probe: "the probe" };
      },
      claim: async (kind, _owner, _lease, limit) => {
        log.push(`claim ${limit}`);
        return { token: `t-${kind}`, rows: rows(Math.min(count, limit)) };
      },
      rescue: async () => ({ token: "t-sweep", rows: rows(count), dead, poisonRows: left > 0 }),
      rescueIsolated: async () => ({ token: `t-suspect-${left}`, rows: rows(left-- > 0 ? 1 : 0) }),
      release: async () => 0,
      releaseAll: async () => 0,
      expire: async () => ({ gone: false, rows: 0 }),
    },
    deliver: async ({ token }, { probe, alone } = {}) =>
      void log.push(`deliver ${token}${probe === undefined ? "" : ` as ${probe}`}${alone ? " alone" : ""}`),
    onClaim: (kind, n, deadLettered) => void log.push(`${kind} ${n} ${deadLettered}`),
    ...more,
  };
  return { made, log };
}

test("a turn hands what it claimed to the session; where tenants share, a sixteenth of a full claim may have left rows behind", async () => {
  const table = [
    { count: 0, result: "idle", log: [] },
    { count: 6, result: "idle", log: ["new 6 0", "deliver t-new"] },
    { count: 7, result: "found", log: ["new 7 0", "deliver t-new"] },
    { count: 100, result: "found", log: ["new 100 0", "deliver t-new"] },
  ];
  for (const { count, result, log: expected } of table) {
    const { made, log } = options({ count });
    assert.is(await claimTurn("new", made)(going), result);
    assert.equal(log, ["claim 100", `size ${count}`, ...expected]);
  }
});

test("the turn does not wait for the delivery, and one that fails is no fault of the turn", async () => {
  const { made } = options({ count: 100 }, { deliver: () => Promise.reject(new Error("left to the rescue")) });
  assert.is(await claimTurn("failed", made)(going), "found");
  await made.inFlight.settled(going);
  let end: () => void = () => undefined;
  const slow = options({ count: 1 }, { deliver: () => new Promise<void>((resolve) => (end = resolve)) });
  await claimTurn("failed", slow.made)(going);
  assert.is(slow.made.inFlight.count(), 1);
  end();
  await slow.made.inFlight.settled(going);
});

test("a claim that Postgres does not answer is the turn's fault, and leaves nothing in flight", async () => {
  const { made } = options({});
  const claims = { ...made.claims, claim: () => Promise.reject(new Error("Postgres is away")) };
  await claimTurn("new", { ...made, claims })(going).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
  await made.inFlight.settled(going);
});

test("after a trip of the breaker a single claim tries, once everything else has ended", async () => {
  let end: () => void = () => undefined;
  const { made, log } = options({ count: 100 }, { halfOpen: () => true });
  made.inFlight.track(new Promise<void>((resolve) => (end = resolve)));
  const turn = claimTurn("new", made)(going);
  await sleep(15);
  assert.equal(log, [], "it claimed beside work under way");
  end();
  assert.is(await turn, "found");
  assert.equal(log, ["probe new 500", "new 1 0", "deliver t-new as the probe"]);
});

test("half-open each loop takes the probe or asks how another's stands, the rescue like the others", async () => {
  const table = [
    { found: {}, result: "idle", log: [] },
    { found: { count: 5 }, result: "found", log: ["%s 1 0", "deliver t-%s as the probe"] },
    { found: { count: 5, held: true }, result: "found", log: ["asks"] },
  ];
  for (const kind of ["failed", "rescue"] as const)
    for (const { found, result, log: expected } of table) {
      const { made, log } = options(found, { halfOpen: () => true });
      const claims = { ...made.claims, rescue: async () => ({ token: "t", rows: [], dead: 0, poisonRows: true }) };
      const turn = kind === "rescue" ? rescueTurn({ ...made, claims }) : claimTurn(kind, made);
      assert.is(await turn(going), result);
      assert.equal(log, [`probe ${kind} 500`, ...expected.map((line) => line.replace("%s", kind))]);
    }
});

test("a probe that ended while this turn waited is none", async () => {
  let probe = true;
  const { made, log } = options({ count: 1 }, { halfOpen: () => probe });
  made.inFlight.track(
    sleep(10).then(() => {
      probe = false;
    }),
  );
  await claimTurn("new", made)(going);
  assert.is(log[0], "claim 100");
});

test("the rescue delivers what it took over, and buries without a delivery", async () => {
  const table = [
    { found: {}, result: "idle", log: [] },
    { found: { dead: 2 }, result: "idle", log: ["rescue 0 2"] },
    { found: { dead: 100 }, result: "found", log: ["rescue 0 100"] },
    { found: { count: 4, dead: 1 }, result: "found", log: ["rescue 4 1", "deliver t-sweep"] },
    { found: { count: 4, poisonRows: 1 }, result: "found", log: ["rescue 4 0", "deliver t-sweep"] },
    { found: { poisonRows: 2 }, result: "found", log: ["rescue 1 0", "deliver t-suspect-2 alone"] },
  ];
  for (const { found, result, log: expected } of table) {
    const { made, log } = options(found);
    assert.is(await rescueTurn(made)(going), result);
    await made.inFlight.slot(going);
    assert.equal(log, expected);
  }
});

test("a poison row goes alone: what is under way ends first, also a claim that has not answered yet, and nothing begins beside it", async () => {
  const { made, log } = options({ count: 1, poisonRows: 1 });
  const order: string[] = [];
  const under = (what: string) => async (claim: Claim) => {
    order.push(`${what} begins`);
    await sleep(20);
    order.push(`${what} ends`);
    return claim;
  };
  const claims = {
    ...made.claims,
    claim: async () => {
      await sleep(20);
      return { token: "t-new", rows: rows(1) };
    },
    rescue: async () => ({ token: "t-sweep", rows: [], dead: 0, poisonRows: true }),
  };
  const claiming = claimTurn("new", { ...made, claims, deliver: under("claim") })(going);
  const sweeping = rescueTurn({ ...made, claims, deliver: under("poisonRow") })(going);
  await claiming;
  const slot = made.inFlight.slot(going).then(() => void order.push("slot"));
  assert.is(await sweeping, "found");
  assert.equal(order, ["claim begins"], "the turn itself waits for none of it");
  await slot;
  assert.equal(order, ["claim begins", "claim ends", "poisonRow begins", "poisonRow ends", "slot"]);
  assert.ok(log.includes("rescue 1 0"));
});

test("a poison row that another worker took meanwhile is no find, and a claim of one that fails is a fault of the next turn", async () => {
  const { made } = options({});
  const rescue = async () => ({ token: "t", rows: [], dead: 0, poisonRows: true });
  const turn = rescueTurn({ ...made, claims: { ...made.claims, rescue } });
  const away = rescueTurn({
    ...made,
    claims: { ...made.claims, rescue, rescueIsolated: () => Promise.reject(new Error("Postgres is away")) },
  });
  assert.equal([await turn(going), await turn(going), await turn(going)], ["found", "idle", "found"]);
  await made.inFlight.slot(going);
  assert.is(await away(going), "found");
  await away(going).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
  assert.is(await away(going), "found", "and of no other");
  await made.inFlight.slot(going);
});

test("a stopping worker claims nothing more", async () => {
  const { made, log } = options({ count: 5, poisonRows: 1 });
  assert.is(await claimTurn("new", made)(AbortSignal.abort()), "idle");
  assert.is(await rescueTurn(made)(AbortSignal.abort()), "idle");
  assert.equal(log, []);
});

test.run();
