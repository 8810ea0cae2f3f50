import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall, RecipientOutcome, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { type DeliverDeps, deliver } from "./deliver.ts";
import { planBatches } from "./plan-calls.ts";
import { type Ends, type EventEnd, sendCall } from "./send-call.ts";
import { settleRows } from "./settle-rows.ts";

const row = (id: number, more: Partial<ClaimedNotification> = {}): ClaimedNotification => ({
  id: String(id),
  enterpriseId: "acme",
  workflow: "email",
  recipients: [`s${id}`],
  payload: {},
  overrides: {},
  transactionId: `t${id}`,
  attempts: 1,
  maxAttempts: 3,
  batchId: "b1",
  settled: [],
  sentBefore: false,
  ...more,
});
const rows = (count: number, more: Partial<ClaimedNotification> = {}) =>
  Array.from({ length: count }, (_, i) => row(i + 1, more));
const going = () => new AbortController().signal;
const accepted = (call: DeliveryCall): CallReply => ({
  kind: "answered",
  outcomes: call.events.map(() => ({ kind: "accepted" })),
});

test("a batch is one call of up to 100 events; a notification of many recipients takes several", () => {
  const [batch, ...none] = planBatches(rows(100));
  assert.is(none.length, 0);
  assert.equal(
    batch?.calls.map(({ events }) => events.length),
    [100],
  );
  const many = planBatches([row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) })]);
  assert.equal(
    many[0]?.calls.map(({ events }) => events.length),
    [100, 100, 50],
  );
  assert.equal(
    many[0]?.calls.flatMap(({ events }) => events.map(({ ordinal }) => ordinal)),
    [...Array(250).keys()],
  );
  assert.equal(
    planBatches([row(1), row(2, { batchId: "b2" })]).map((b) => b.rows.map(({ id }) => id)),
    [["1"], ["2"]],
  );
});

test("the same events of the same batch have the same key, any other composition another", () => {
  const keyOf = (claimed: ClaimedNotification[]) => planBatches(claimed)[0]?.calls[0]?.idempotencyKey;
  const key = keyOf(rows(3));
  assert.match(key ?? "", /^xnovu-[0-9a-f]{40}$/);
  assert.is(keyOf(rows(3, { attempts: 2 })), key);
  assert.is.not(keyOf(rows(2)), key);
  assert.is.not(keyOf(rows(3, { batchId: "b2" })), key);
  assert.is.not(keyOf(rows(3, { enterpriseId: "other" })), key);
});

test("recipients whose outcome is final are left out, and the others keep their transaction ids", () => {
  const [batch] = planBatches([row(1, { recipients: ["a", "b", "c"], settled: [0, 2] })]);
  assert.equal(
    batch?.calls[0]?.events.map(({ ordinal, transactionId }) => [ordinal, transactionId]),
    [[1, "acme:t1:1"]],
  );
  assert.equal(planBatches([row(1, { settled: [0] })])[0]?.calls, []);
});

test("a call refused for its content is halved until the events at fault stand alone", async () => {
  const bad = new Set(["3", "70", "71"]);
  const calls: DeliveryCall[] = [];
  const novu = {
    send: async (call: DeliveryCall): Promise<CallReply> => {
      calls.push(call);
      return call.events.some(({ notificationId }) => bad.has(notificationId))
        ? { kind: "invalid", reason: "refused" }
        : accepted(call);
    },
  };
  const [call] = planBatches(rows(100))[0]?.calls ?? [];
  if (call === undefined) throw new Error("no call was planned");
  const ends = await sendCall(novu, call, going());
  assert.is(ends.size, 100);
  const rejected = [...ends].filter(([, end]) => end.kind === "rejected").map(([event]) => event.notificationId);
  assert.equal(rejected, [...bad]);
  assert.is(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size, calls.length);
  assert.ok(calls.length < 50, `${calls.length} calls`);
});

test("a pause amid the halving stops it: what was not tried has no end", async () => {
  const replies: CallReply[] = [
    { kind: "invalid", reason: "refused" },
    { kind: "paused", reason: "401", retryAfterMs: 1, needsPerson: true },
  ];
  const [call] = planBatches(rows(4))[0]?.calls ?? [];
  if (call === undefined) throw new Error("no call was planned");
  const ends = await sendCall({ send: async () => replies.shift() ?? accepted(call) }, call, going());
  assert.equal(
    [...ends.values()].map(({ kind }) => kind),
    ["paused", "paused"],
  );
});

test("how a row ends, from how its events ended", () => {
  const sent: EventEnd = { kind: "sent" };
  const rejected: EventEnd = { kind: "rejected", reason: "no" };
  const retry: EventEnd = { kind: "retry", reason: "500", keepBatch: true };
  const later: EventEnd = { kind: "retry", reason: "503", keepBatch: false, retryAfterMs: 9_000 };
  const paused: EventEnd = { kind: "paused", reason: "401", retryAfterMs: 1, needsPerson: true };
  const failed = { to: "FAILED", error: "500", retryInMs: 50, keepBatch: true };
  const table: [string, (EventEnd | undefined)[], Partial<ClaimedNotification>, object][] = [
    ["all sent", [sent, sent], {}, { to: "SENT" }],
    ["one refused", [sent, rejected], {}, { to: "SENT" }],
    ["all refused", [rejected, rejected], {}, { to: "DEAD", error: "no" }],
    ["the rest refused, some sent before", [rejected], { sentBefore: true }, { to: "SENT" }],
    ["one unknown", [sent, retry], {}, failed],
    ["Novu says when", [later], {}, { to: "FAILED", error: "503", retryInMs: 9_000, keepBatch: false }],
    ["last attempt", [retry], { attempts: 3 }, { to: "DEAD", error: "gave up after 3 attempts: 500" }],
    ["paused", [sent, paused], {}, { to: "PENDING" }],
    ["paused on the last attempt", [paused], { attempts: 3 }, { to: "PENDING" }],
    ["not tried", [undefined], {}, { to: "PENDING" }],
    ["nothing left to send", [], { settled: [0], sentBefore: true }, { to: "SENT" }],
  ];
  for (const [name, eventEnds, more, expected] of table) {
    const recipients = eventEnds.length === 0 ? ["x"] : eventEnds.map((_, i) => `s${i}`);
    const [batch] = planBatches([row(1, { recipients, ...more })]);
    if (batch === undefined) throw new Error("no batch was planned");
    const ends: Ends = new Map();
    for (const [i, event] of (batch.calls[0]?.events ?? []).entries()) {
      const end = eventEnds[i];
      if (end !== undefined) ends.set(event, end);
    }
    const { settlements, recipients: final } = settleRows(batch, ends, () => 50);
    assert.equal(settlements, [{ id: "1", ...expected }], name);
    assert.is(final.length, eventEnds.filter((end) => end?.kind === "sent" || end?.kind === "rejected").length, name);
  }
});

const nothing = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
const counted = (settlements: readonly Settlement[]) => {
  const count = (to: Settlement["to"]) => settlements.filter((settlement) => settlement.to === to).length;
  return { ...nothing, sent: count("SENT"), failed: count("FAILED"), dead: count("DEAD"), released: count("PENDING") };
};

/** Ports that remember what was asked of them. */
function ports(
  claimed: ClaimedNotification[],
  send: (call: DeliveryCall) => Promise<CallReply>,
  more: Partial<DeliverDeps> = {},
) {
  const settled: Settlement[] = [];
  const recipients: RecipientOutcome[] = [];
  const log: string[] = [];
  const draining = new AbortController();
  const deps: DeliverDeps = {
    outbox: {
      adopt: async () => claimed,
      renew: async () => {
        log.push("renew");
        return claimed.length;
      },
      settle: async (_token, settlements, outcomes) => {
        settled.push(...settlements);
        recipients.push(...outcomes);
        return counted(settlements);
      },
    },
    novu: { send },
    owner: "w",
    leaseMs: 1_000,
    retry: { baseMs: 10, maxMs: 10 },
    concurrency: 2,
    draining: draining.signal,
    pause: (ms, reason, needsPerson) => void log.push(`pause ${ms} ${reason} ${needsPerson}`),
    onCall: (kind, _ms, events) => void log.push(`${kind} ${events}`),
    onSettled: () => undefined,
    ...more,
  };
  return { deps, settled, recipients, log, draining };
}
const hold = (signal = going(), heartbeat: () => void = () => undefined) => ({ signal, heartbeat });
const batches = (count: number) => rows(count).map((one) => ({ ...one, batchId: `b${one.id}` }));

test("a delivery settles every row and every recipient, and counts them", async () => {
  const { deps, settled, recipients } = ports(batches(5), async (call) => accepted(call));
  const result = await deliver(deps, { claim: "c" }, hold());
  assert.equal(result, { sent: 5, failed: 0, dead: 0, released: 0, leaseLost: 0 });
  assert.is(settled.length, 5);
  assert.equal(new Set(recipients.map(({ transactionId }) => transactionId)).size, 5);
});

test("a claim that was taken over sends nothing", async () => {
  let calls = 0;
  const { deps } = ports([], async (call) => {
    calls++;
    return accepted(call);
  });
  assert.equal(await deliver(deps, { claim: "c" }, hold()), { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 });
  assert.is(calls, 0);
});

test("while it drains, calls under way end and the other rows are given back", async () => {
  let calls = 0;
  const { deps, settled, draining } = ports(batches(6), async (call) => {
    if (++calls === 2) draining.abort();
    await sleep(10);
    return accepted(call);
  });
  const result = await deliver(deps, { claim: "c" }, hold());
  assert.is(calls, 2);
  assert.equal(result, { sent: 2, failed: 0, dead: 0, released: 4, leaseLost: 0 });
  assert.is(settled.length, 6);
});

test("when Novu takes nothing the gate is closed at the first reply, and all rows are given back", async () => {
  let calls = 0;
  const { deps, log } = ports(
    batches(6),
    async () => {
      calls++;
      return { kind: "paused", reason: "401", retryAfterMs: 60_000, needsPerson: true };
    },
    { concurrency: 1 },
  );
  const { released } = await deliver(deps, { claim: "c" }, hold());
  assert.is(released, 6);
  assert.is(calls, 1);
  assert.equal(log, ["paused 1", "pause 60000 401 true"]);
});

test("the lease is renewed and Temporal hears of it while a call is under way; a lost lease cuts the call", async () => {
  let beats = 0;
  let cut = false;
  const { deps, log } = ports(batches(1), async (call) => {
    await sleep(450);
    return accepted(call);
  });
  await deliver(
    { ...deps, leaseMs: 300 },
    { claim: "c" },
    hold(going(), () => void beats++),
  );
  assert.ok(beats >= 3, `${beats} heartbeats`);
  assert.ok(log.filter((line) => line === "renew").length >= 2);

  const lost = ports(batches(1), async () => ({ kind: "unknown", reason: "cut" }));
  const send = (_call: DeliveryCall, signal?: AbortSignal) =>
    new Promise<CallReply>((resolve) =>
      signal?.addEventListener("abort", () => {
        cut = true;
        resolve({ kind: "unknown", reason: "cut" });
      }),
    );
  const outbox = { ...lost.deps.outbox, renew: async () => 0, settle: async () => ({ ...nothing, leaseLost: 1 }) };
  const result = await deliver({ ...lost.deps, novu: { send }, outbox, leaseMs: 300 }, { claim: "c" }, hold());
  assert.ok(cut);
  assert.is(result.leaseLost, 1);
});

test("when a write fails, the other calls have ended before the failure is told", async () => {
  let under = 0;
  const { deps } = ports(batches(4), async (call) => {
    under++;
    await sleep(call.events[0]?.notificationId === "1" ? 5 : 60);
    under--;
    return accepted(call);
  });
  let writes = 0;
  const settle = async () => {
    if (++writes === 1) throw new Error("Postgres is away");
    return { ...nothing, sent: 1 };
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, { claim: "c" }, hold()).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
  assert.is(under, 0);
});

test.run();
