import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Claim } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { claimPoll, type PollOptions } from "./claim-poll.ts";
import { createInFlight } from "./in-flight.ts";
import { rescuePoll } from "./rescue-poll.ts";

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

const probe = (log: string[], required: () => boolean): PollOptions["probe"] => ({
  required,
  lostAfterMs: 500,
  onHeld: async () => void log.push("refresh"),
});

/** `required`: the breaker is half-open. */
function options(
  { count = 0, dead = 0, poisonRows = 0, held = false }: Found,
  more: Partial<PollOptions> = {},
  required = () => false,
) {
  const log: string[] = [];
  let left = poisonRows;
  const made: PollOptions = {
    owner: "w",
    leaseMs: 1000,
    size: {
      limit: () => 100,
      claimed: (found) => void log.push(`size ${found}`),
      shrink: () => undefined,
    },
    inFlight: createInFlight(2),
    probe: probe(log, required),
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
      rescue: async () => ({ token: "t-rescue", rows: rows(count), dead, poisonRows: left > 0 }),
      rescueIsolated: async () => ({ token: `t-poison-${left}`, rows: rows(left-- > 0 ? 1 : 0) }),
      release: async () => 0,
      releaseAll: async () => 0,
      expire: async () => ({ gone: false, rows: 0 }),
    },
    deliver: async ({ token }, { probe: name, isolated } = {}) =>
      void log.push(`deliver ${token}${name === undefined ? "" : ` as ${name}`}${isolated ? " isolated" : ""}`),
    onClaim: (kind, n, deadLettered) => void log.push(`${kind} ${n} ${deadLettered}`),
    ...more,
  };
  return { made, log };
}

test("a poll starts the delivery of its claim; where tenants share, a sixteenth of a full claim may have left rows behind", async () => {
  const table = [
    { count: 0, result: "idle", log: [] },
    { count: 6, result: "idle", log: ["new 6 0", "deliver t-new"] },
    { count: 7, result: "found", log: ["new 7 0", "deliver t-new"] },
    { count: 100, result: "found", log: ["new 100 0", "deliver t-new"] },
  ];
  for (const { count, result, log: expected } of table) {
    const { made, log } = options({ count });
    assert.is(await claimPoll("new", made)(going), result);
    assert.equal(log, ["claim 100", `size ${count}`, ...expected]);
  }
});

test("the poll does not wait for the delivery, and does not fail with it", async () => {
  const { made } = options({ count: 100 }, { deliver: () => Promise.reject(new Error("left to the rescue")) });
  assert.is(await claimPoll("failed", made)(going), "found");
  await made.inFlight.settled(going);
  let end: () => void = () => undefined;
  const slow = options({ count: 1 }, { deliver: () => new Promise<void>((resolve) => (end = resolve)) });
  await claimPoll("failed", slow.made)(going);
  assert.is(slow.made.inFlight.count(), 1);
  end();
  await slow.made.inFlight.settled(going);
});

test("a poll fails with its claim, and leaves nothing in flight", async () => {
  const { made } = options({});
  const claims = { ...made.claims, claim: () => Promise.reject(new Error("Postgres is away")) };
  await claimPoll("new", { ...made, claims })(going).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
  await made.inFlight.settled(going);
});

test("half-open, a single claim probes Novu, once everything else has ended", async () => {
  let end: () => void = () => undefined;
  const { made, log } = options({ count: 100 }, {}, () => true);
  made.inFlight.track(new Promise<void>((resolve) => (end = resolve)));
  const polling = claimPoll("new", made)(going);
  await sleep(15);
  assert.equal(log, [], "it claimed while work was under way");
  end();
  assert.is(await polling, "found");
  assert.equal(log, ["probe new 500", "new 1 0", "deliver t-new as the probe"]);
});

test("half-open, each loop takes the probe or reads the state of another one, the rescue loop too", async () => {
  const table = [
    { found: {}, result: "idle", log: [] },
    { found: { count: 5 }, result: "found", log: ["%s 1 0", "deliver t-%s as the probe"] },
    { found: { count: 5, held: true }, result: "found", log: ["refresh"] },
  ];
  for (const kind of ["failed", "rescue"] as const)
    for (const { found, result, log: expected } of table) {
      const { made, log } = options(found, {}, () => true);
      const claims = { ...made.claims, rescue: async () => ({ token: "t", rows: [], dead: 0, poisonRows: true }) };
      const polling = kind === "rescue" ? rescuePoll({ ...made, claims }) : claimPoll(kind, made);
      assert.is(await polling(going), result);
      assert.equal(log, [`probe ${kind} 500`, ...expected.map((line) => line.replace("%s", kind))]);
    }
});

test("a breaker that closed while the poll waited needs no probe", async () => {
  let required = true;
  const { made, log } = options({ count: 1 }, {}, () => required);
  made.inFlight.track(
    sleep(10).then(() => {
      required = false;
    }),
  );
  await claimPoll("new", made)(going);
  assert.is(log[0], "claim 100");
});

test("the rescue loop delivers what it took over; dead letters need no delivery", async () => {
  const table = [
    { found: {}, result: "idle", log: [] },
    { found: { dead: 2 }, result: "idle", log: ["rescue 0 2"] },
    { found: { dead: 100 }, result: "found", log: ["rescue 0 100"] },
    { found: { count: 4, dead: 1 }, result: "found", log: ["rescue 4 1", "deliver t-rescue"] },
    { found: { count: 4, poisonRows: 1 }, result: "found", log: ["rescue 4 0", "deliver t-rescue"] },
    { found: { poisonRows: 2 }, result: "found", log: ["rescue 1 0", "deliver t-poison-2 isolated"] },
  ];
  for (const { found, result, log: expected } of table) {
    const { made, log } = options(found);
    assert.is(await rescuePoll(made)(going), result);
    await made.inFlight.slot(going);
    assert.equal(log, expected);
  }
});

test("a poison row is isolated: everything in flight ends first, unfinished claims too, and nothing starts at the same time", async () => {
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
    rescue: async () => ({ token: "t-rescue", rows: [], dead: 0, poisonRows: true }),
  };
  const claiming = claimPoll("new", { ...made, claims, deliver: under("claim") })(going);
  const rescuing = rescuePoll({ ...made, claims, deliver: under("poisonRow") })(going);
  await claiming;
  const slot = made.inFlight.slot(going).then(() => void order.push("slot"));
  assert.is(await rescuing, "found");
  assert.equal(order, ["claim begins"], "the poll itself does not wait");
  await slot;
  assert.equal(order, ["claim begins", "claim ends", "poisonRow begins", "poisonRow ends", "slot"]);
  assert.ok(log.includes("rescue 1 0"));
});

test("a poison row that another worker took is not found, and the claim of one that fails fails the next poll", async () => {
  const { made } = options({});
  const rescue = async () => ({ token: "t", rows: [], dead: 0, poisonRows: true });
  const polling = rescuePoll({ ...made, claims: { ...made.claims, rescue } });
  const away = rescuePoll({
    ...made,
    claims: { ...made.claims, rescue, rescueIsolated: () => Promise.reject(new Error("Postgres is away")) },
  });
  assert.equal([await polling(going), await polling(going), await polling(going)], ["found", "idle", "found"]);
  await made.inFlight.slot(going);
  assert.is(await away(going), "found");
  await away(going).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
  assert.is(await away(going), "found", "and no other poll");
  await made.inFlight.slot(going);
});

test("a stopping worker claims nothing more", async () => {
  const { made, log } = options({ count: 5, poisonRows: 1 });
  assert.is(await claimPoll("new", made)(AbortSignal.abort()), "idle");
  assert.is(await rescuePoll(made)(AbortSignal.abort()), "idle");
  assert.equal(log, []);
});

test.run();
