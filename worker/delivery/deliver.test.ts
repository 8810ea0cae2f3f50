import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall, SettleResult } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { planBatches } from "./plan-calls.ts";
import { accepted, batches, going, nothing, ports, row } from "./rows.fixture.ts";

const claim = (claimed: ReturnType<typeof batches>) => ({ token: "t", rows: claimed });

test("a delivery settles every row and every recipient of several, and counts them", async () => {
  const told: SettleResult[] = [];
  const { deps, settled, recipients } = ports(async (call) => accepted(call), {
    onSettled: (result) => void told.push(result),
  });
  const several = row(9, { batchId: "b9", recipients: ["a", "b"] });
  const result = await deliver(deps, claim([...batches(5), several]), going());
  assert.equal(result, { ...nothing, sent: 6 });
  assert.equal(told, [result]);
  assert.is(settled.length, 6);
  assert.equal(new Set(recipients.map(({ transactionId }) => transactionId)), new Set(["acme:t9:0", "acme:t9:1"]));
});

test("the lone row of a tenant is in the first call of a claim, although it came last", async () => {
  const calls: string[][] = [];
  const { deps } = ports(
    async (call) => {
      calls.push(call.events.map(({ notificationId }) => notificationId));
      return accepted(call);
    },
    { concurrency: 1 },
  );
  await deliver(deps, claim([...batches(20), row(21, { batchId: "b20", enterpriseId: "lone" })]), going());
  assert.equal([calls[0], calls[1], calls.length], [["20", "21"], ["1"], 20]);
});

test("a claim that was taken over sends nothing", async () => {
  let calls = 0;
  const { deps } = ports(async (call) => {
    calls++;
    return accepted(call);
  });
  assert.equal(await deliver(deps, claim([]), going()), nothing);
  assert.is(calls, 0);
});

test("while it drains, calls under way end and the other rows are given back", async () => {
  let calls = 0;
  const { deps, settled, draining } = ports(async (call) => {
    if (++calls === 2) draining.abort();
    await sleep(10);
    return accepted(call);
  });
  const result = await deliver(deps, claim(batches(6)), going());
  assert.is(calls, 2);
  assert.equal(result, { ...nothing, sent: 2, released: 4 });
  assert.is(settled.length, 6);
});

test("when Novu takes nothing, the sending pause is told at the first reply and before its rows are settled; all are given back", async () => {
  const order: string[] = [];
  const { deps } = ports(
    async () => {
      order.push("call");
      return { kind: "paused", reason: "401", retryAfterMs: 60_000, needsPerson: true };
    },
    { concurrency: 1, onCall: (end) => void order.push(JSON.stringify(end)) },
  );
  const settle: typeof deps.outbox.settle = (...args) => {
    order.push("settle");
    return deps.outbox.settle(...args);
  };
  const { released } = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(6)), going());
  assert.is(released, 6);
  assert.equal(order.slice(0, 2), ["call", '{"kind":"paused","reason":"401","retryAfterMs":60000,"needsPerson":true}']);
  assert.equal(new Set(order.slice(2)), new Set(["settle"]));
});

test("when the sending pause closes for another claim's answer, this one calls no more: what is under way ends, the rest is given back", async () => {
  let open = true;
  let calls = 0;
  const { deps, settled } = ports(
    async (call) => {
      if (++calls === 4) open = false;
      await sleep(5);
      return accepted(call);
    },
    { mayCall: () => open },
  );
  const many = row(9, { batchId: "b0", recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  const result = await deliver(deps, claim([many, ...batches(8)]), going());
  assert.ok(calls <= 5, `${calls} calls, where two at once may be under way`);
  assert.equal(result, { ...nothing, sent: result.sent, released: 9 - result.sent });
  assert.ok(result.sent <= 3, `${result.sent} sent`);
  assert.equal(new Set(settled.map(({ to }) => to)), new Set(["SENT", "PENDING"]));
});

test("the lease of the rows that are open is renewed while a call is under way; a lost lease cuts the call", async () => {
  const { deps, log } = ports(
    async (call) => {
      if (call.events[0]?.notificationId === "2") await sleep(450);
      return accepted(call);
    },
    { leaseMs: 300 },
  );
  await deliver(deps, claim(batches(2)), going());
  const renewals = log.filter((line) => line.startsWith("renew"));
  assert.ok(renewals.length >= 2, String(log));
  assert.is(renewals.at(-1), "renew 2", "a row that is settled is not held on");

  let cut = false;
  const send = (_call: DeliveryCall, signal?: AbortSignal) =>
    new Promise<CallReply>((resolve) =>
      signal?.addEventListener("abort", () => {
        cut = true;
        resolve({ kind: "unknown", reason: "cut" });
      }),
    );
  const outbox = { ...deps.outbox, renew: async () => 0, settle: async () => ({ ...nothing, leaseLost: 1 }) };
  const result = await deliver({ ...deps, novu: { send }, outbox }, claim(batches(1)), going());
  assert.ok(cut);
  assert.is(result.leaseLost, 1);
});

test("a notification of several calls that another worker took over counts once, though each of its writes came late", async () => {
  const { deps } = ports(async (call) => {
    await sleep(15);
    return accepted(call);
  });
  let writes = 0;
  const settle = async () => {
    writes++;
    return { ...nothing, leaseLost: 1 };
  };
  const many = row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim([many]), going());
  assert.ok(writes > 1, `${writes} writes`);
  assert.is(result.leaseLost, 1);
});

test("a renewal that Postgres does not answer is no lost lease", async () => {
  const { deps } = ports(
    async (call) => {
      await sleep(250);
      return accepted(call);
    },
    { leaseMs: 150 },
  );
  const renew = () => Promise.reject(new Error("Postgres is away"));
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, renew } }, claim(batches(1)), going());
  assert.is(result.sent, 1);
});

test("when a write fails, the other calls have ended before the failure is told", async () => {
  let under = 0;
  const { deps } = ports(async (call) => {
    under++;
    await sleep(call.events[0]?.notificationId === "1" ? 5 : 60);
    under--;
    return accepted(call);
  });
  let writes = 0;
  const settle = async () => {
    if (++writes === 1) throw new Error("a bug");
    return { ...nothing, sent: 1 };
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(4)), going()).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "a bug"),
  );
  assert.is(under, 0);
});

test("while Postgres is away, what Novu answered is kept and written when it is back, once", async () => {
  const away = new Error("Postgres is away");
  const { deps, settled } = ports(async (call) => accepted(call), { isTransient: (error) => error === away });
  let tries = 0;
  const settle: typeof deps.outbox.settle = async (...args) => {
    if (++tries <= 2) throw away;
    return deps.outbox.settle(...args);
  };
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(2)), going());
  assert.equal(result, { ...nothing, sent: 2 });
  assert.is(settled.length, 2);

  // A claim that was taken away is not waited for: the token would refuse the write.
  const stop = new AbortController();
  const never: typeof deps.outbox.settle = async () => {
    stop.abort();
    throw away;
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle: never } }, claim(batches(1)), stop.signal).then(
    () => assert.unreachable(),
    (error: unknown) => assert.is(error, away),
  );
});

test("a notification of 250 recipients whose second call has no reply: the others are final, and the retry is that call again", async () => {
  const recipients = Array.from({ length: 250 }, (_, i) => `s${i}`);
  const many = row(1, { recipients });
  const calls: DeliveryCall[] = [];
  const {
    deps,
    settled,
    writes,
    recipients: final,
  } = ports(async (call) => {
    calls.push(call);
    await sleep(30);
    return calls.length === 2 ? { kind: "unknown", reason: "no reply" } : accepted(call);
  });
  const result = await deliver(deps, claim([many]), going());
  assert.equal(result, { ...nothing, failed: 1 });
  assert.equal(
    settled.map(({ to, ...rest }) => [to, "keepBatch" in rest && rest.keepBatch]),
    [["FAILED", true]],
  );
  const done = [...new Set(final.map(({ ordinal }) => ordinal))].sort((a, b) => a - b);
  assert.equal(
    done,
    [...recipients.keys()].filter((n) => n < 100 || n >= 200),
  );
  // What was final after the first call did not wait for the others, and is told once more at the most.
  assert.equal([writes[0]?.settlements.length, writes[0]?.recipients.length], [0, 100]);
  assert.ok(final.length <= 2 * 150, `${final.length} outcomes were written`);

  const [again] = planBatches([{ ...many, settled: done, sentBefore: true, attempts: 2 }])[0]?.calls ?? [];
  assert.is(again?.idempotencyKey, calls[1]?.idempotencyKey);
  assert.equal(again?.events, calls[1]?.events);
});

test.run();
