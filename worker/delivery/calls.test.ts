import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall, Outcome } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { fewestFirst, halfOf, planBatches, transactionIdOf } from "./plan-calls.ts";
import { accepted, going, noObserver, row, rows } from "./rows.fixture.ts";
import { type Outcomes, type SendContext, sendCall } from "./send-call.ts";
import { settleRows } from "./settle-rows.ts";

const context = (send: SendContext["novu"]["send"], mayCall = () => true): SendContext => ({
  novu: { send },
  signal: going(),
  mayCall,
  observer: noObserver,
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
  const [call] = planBatches(rows(3))[0]?.calls ?? [];
  assert.is.not(call && halfOf(call, 0), call && halfOf(call, 1));
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

test("recipients that are left out do not move the others into another call", () => {
  const [batch] = planBatches([row(1, { recipients: ["a", "b", "c", "d", "e"], settled: [0] })], 2);
  assert.equal(
    batch?.calls.map(({ events }) => events.map(({ ordinal }) => ordinal)),
    [[1], [2, 3], [4]],
  );
});

test("batches of tenants with few rows go first, and what is in a batch stays", () => {
  const of = (id: number, enterpriseId: string, batchId: string) => row(id, { enterpriseId, batchId });
  const claimed = [
    ...[of(1, "loud", "b1"), of(2, "loud", "b1")],
    ...[of(3, "loud", "b2"), of(4, "some", "b2")],
    ...[of(5, "some", "b3"), of(6, "loud", "b3")],
    ...[of(7, "loud", "b4"), of(8, "lone", "b4")],
    of(9, "loud", "b5"),
  ];
  const planned = planBatches(claimed);
  const ordered = fewestFirst(planned);
  assert.equal(
    ordered.map(({ rows: [first] }) => first?.batchId),
    ["b4", "b2", "b3", "b1", "b5"],
  );
  const keys = (batches: typeof planned) => batches.flatMap(({ calls }) => calls.map((call) => call.idempotencyKey));
  assert.equal(keys([...ordered]).sort(), keys(planned).sort());
  const one = planBatches(claimed.filter(({ enterpriseId }) => enterpriseId === "loud"));
  assert.is(fewestFirst(one), one, "a claim of one tenant stays as it is");
  assert.equal(fewestFirst([]), []);
});

test("a call refused for its content is halved until the bad events are isolated", async () => {
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
  const ends = await sendCall(context(novu.send), call);
  assert.is(ends.size, 100);
  const rejected = [...ends].filter(([, { kind }]) => kind === "dead").map(([event]) => event.notificationId);
  assert.equal(rejected, [...bad]);
  assert.is(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size, calls.length);
  assert.ok(calls.length < 50, `${calls.length} calls`);
});

test("a half without a reply comes back as that half, under its key, whatever became of the others", async () => {
  const bad = new Set(["2", "7"]);
  const lost = new Set<string>();
  const seen: string[] = [];
  const novu = (answers: boolean) => ({
    send: async (call: DeliveryCall): Promise<CallReply> => {
      seen.push(call.idempotencyKey);
      if (call.events.some(({ notificationId }) => bad.has(notificationId))) return { kind: "invalid", reason: "no" };
      if (answers) return accepted(call);
      lost.add(call.idempotencyKey);
      return { kind: "unknown", reason: "no reply" };
    },
  });
  const claimed = rows(8);
  const ended = async (again: readonly ClaimedNotification[], answers: boolean) => {
    const settled = [];
    for (const batch of planBatches(again)) {
      const ends: Outcomes = new Map();
      for (const call of batch.calls) await sendCall(context(novu(answers).send), call, ends);
      settled.push(...settleRows(batch, ends, () => 0).settlements);
    }
    return settled;
  };
  const first = await ended(claimed, false);
  // Halves of 8: 1, 2 and 3+4, then 5+6, 7 and 8; 2 and 7 are refused, of four calls nothing is known.
  assert.is(lost.size, 4);
  const open = claimed.flatMap((one, i) => {
    const end = first[i];
    return end?.kind === "failed" ? [{ ...one, batchId: end.batchId ?? one.batchId }] : [];
  });
  assert.is(open.length, 6);
  const before = seen.length;
  assert.equal(new Set((await ended(open, true)).map(({ kind }) => kind)), new Set(["sent"]));
  assert.equal(new Set(seen.slice(before)), lost);
  // A worker that dies before it wrote any of that begins with the whole call: its halves are the same ones again.
  seen.length = 0;
  await ended(claimed, true);
  assert.equal(
    [...lost].filter((key) => !seen.includes(key)),
    [],
  );
});

test("a pause during the halving stops it: events that were not sent have no outcome", async () => {
  const replies: CallReply[] = [
    { kind: "invalid", reason: "refused" },
    { kind: "paused", reason: "401", retryAfterMs: 1, needsPerson: true },
  ];
  const [call] = planBatches(rows(4))[0]?.calls ?? [];
  if (call === undefined) throw new Error("no call was planned");
  const ends = await sendCall(
    context(async () => replies.shift() ?? accepted(call)),
    call,
  );
  assert.equal(
    [...ends.values()].map(({ kind }) => kind),
    ["released", "released"],
  );
});

test("a sending pause that begins during the halving stops it as well", async () => {
  let calls = 0;
  const send = async (): Promise<CallReply> => {
    calls++;
    return { kind: "invalid", reason: "refused" };
  };
  const [call] = planBatches(rows(8))[0]?.calls ?? [];
  if (call === undefined) throw new Error("no call was planned");
  const ends = await sendCall(
    context(send, () => calls < 3),
    call,
  );
  assert.equal([calls, ends.size], [3, 0]);
});

test("how a row ends, from how its events ended", () => {
  const sent: Outcome = { kind: "sent" };
  const refused: Outcome = { kind: "dead", error: "no" };
  const retry: Outcome = { kind: "failed", error: "500", keepBatch: true };
  const later: Outcome = { kind: "failed", error: "503", keepBatch: false, retryInMs: 9_000 };
  const ofHalf: Outcome = { ...retry, batchId: "h1" };
  const pause = { reason: "401", retryAfterMs: 1, needsPerson: true };
  const paused: Outcome = { kind: "released", pause };
  const failed = { kind: "failed", error: "500", retryInMs: 50, keepBatch: true };
  const gaveUp = { kind: "dead", error: "gave up after 3 attempts: 500" };
  const table: [string, (Outcome | undefined)[], Partial<ClaimedNotification>, object][] = [
    ["all sent", [sent, sent], {}, { kind: "sent" }],
    ["one refused", [sent, refused], {}, { kind: "sent" }],
    ["all refused", [refused, refused], {}, { kind: "dead", error: "no" }],
    ["the rest refused, some sent before", [refused], { sentBefore: true }, { kind: "sent" }],
    ["one unknown", [sent, retry], {}, failed],
    ["Novu says when", [later], {}, { kind: "failed", error: "503", retryInMs: 9_000, keepBatch: false }],
    ["unknown in half of a call", [sent, ofHalf], {}, { ...failed, batchId: "h1" }],
    ["unknown in two halves: the call as a whole", [ofHalf, { ...retry, batchId: "h2" }], {}, failed],
    ["unknown beside one that may succeed later", [later, retry], {}, failed],
    ["last attempt", [ofHalf], { attempts: 3 }, { ...gaveUp, keepBatch: true, batchId: "h1" }],
    ["last attempt, answered", [{ ...retry, keepBatch: false }], { attempts: 3 }, { ...gaveUp, keepBatch: false }],
    ["paused", [sent, paused], {}, { kind: "released" }],
    ["paused on the last attempt", [paused], { attempts: 3 }, { kind: "released" }],
    ["not tried", [undefined], {}, { kind: "released" }],
    ["nothing left to send", [], { settled: [0], sentBefore: true }, { kind: "sent" }],
  ];
  for (const [name, eventEnds, more, expected] of table) {
    const recipients = eventEnds.length === 0 ? ["x"] : eventEnds.map((_, i) => `s${i}`);
    const [batch] = planBatches([row(1, { recipients, ...more })]);
    if (batch === undefined) throw new Error("no batch was planned");
    const ends: Outcomes = new Map();
    for (const [i, event] of (batch.calls[0]?.events ?? []).entries()) {
      const end = eventEnds[i];
      if (end !== undefined) ends.set(event, end);
    }
    const { settlements, recipients: final } = settleRows(batch, ends, () => 50);
    assert.equal(settlements, [{ id: "1", ...expected }], name);
    // The outcome of a notification for one recipient is the notification's own.
    const settledNow = eventEnds.filter((end) => end?.kind === "sent" || end?.kind === "dead").length;
    assert.is(final.length, eventEnds.length === 1 ? 0 : settledNow, name);
  }
});

test("whatever a retry leaves out of a batch of about 100 recipients, its calls stay the same ones", () => {
  // As the claims pack them: each row's last recipient is among the hundred of its batch, the first row may reach in from before.
  const packings = [
    [40, 40, 20],
    [95, 15],
    [150, 50],
    [250, 30, 20],
    [90, 99],
    [30, 30, 30, 9],
    [199],
    [1, 99],
    [60, 40, 40, 40],
  ];
  for (const counts of packings) {
    const claimed = counts.map((count, i) =>
      row(i + 1, { recipients: Array.from({ length: count }, (_, n) => `s${i}-${n}`) }),
    );
    const [batch] = planBatches(claimed);
    const calls = batch?.calls ?? [];
    for (const unknown of calls) {
      const open = new Set(unknown.events.map(({ transactionId }) => transactionId));
      const again = claimed
        .map((one) => ({
          ...one,
          settled: one.recipients.map((_, n) => n).filter((n) => !open.has(transactionIdOf(one, n))),
        }))
        // A row whose recipients are all settled is SENT.
        .filter(({ settled, recipients }) => settled.length < recipients.length);
      assert.equal(
        planBatches(again)[0]?.calls.map(({ idempotencyKey }) => idempotencyKey),
        [unknown.idempotencyKey],
        `${counts}: the call of ${unknown.events.length} events`,
      );
    }
  }
});

test.run();
