import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall, SettleResult } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { planBatches } from "./plan-calls.ts";
import { accepted, batches, nothing, ports, row } from "./rows.fixture.ts";

const claim = (claimed: ReturnType<typeof batches>) => ({ token: "t", rows: claimed });

test("a delivery settles every row and every recipient of several, and counts them", async () => {
  const results: SettleResult[] = [];
  const { deps, run, settled, recipients } = ports(async (call) => accepted(call), {
    observer: { settled: (result) => void results.push(result) },
  });
  const several = row(9, { batchId: "b9", recipients: ["a", "b"] });
  const result = await deliver(deps, claim([...batches(5), several]), run);
  assert.equal(result, { ...nothing, sent: 6 });
  assert.equal(results, [result]);
  assert.is(settled.length, 6);
  assert.equal(new Set(recipients.map(({ transactionId }) => transactionId)), new Set(["acme:t9:0", "acme:t9:1"]));
});

test("the lone row of a tenant is in the first call of a claim, although it came last", async () => {
  const calls: string[][] = [];
  const { deps, run } = ports(
    async (call) => {
      calls.push(call.events.map(({ notificationId }) => notificationId));
      return accepted(call);
    },
    { concurrency: 1 },
  );
  await deliver(deps, claim([...batches(20), row(21, { batchId: "b20", enterpriseId: "lone" })]), run);
  assert.equal([calls[0], calls[1], calls.length], [["20", "21"], ["1"], 20]);
});

test("a claim that was taken over sends nothing", async () => {
  let calls = 0;
  const { deps, run } = ports(async (call) => {
    calls++;
    return accepted(call);
  });
  assert.equal(await deliver(deps, claim([]), run), nothing);
  assert.is(calls, 0);
});

test("while it drains, calls under way end and the other rows are released", async () => {
  let calls = 0;
  const { deps, run, settled, draining } = ports(async (call) => {
    if (++calls === 2) draining.abort();
    await sleep(10);
    return accepted(call);
  });
  const result = await deliver(deps, claim(batches(6)), run);
  assert.is(calls, 2);
  assert.equal(result, { ...nothing, sent: 2, released: 4 });
  assert.is(settled.length, 6);
});

test("when Novu accepts no call, the first reply is observed before its rows are settled, and all rows are released", async () => {
  const order: string[] = [];
  const { deps, run } = ports(
    async () => {
      order.push("call");
      return { kind: "paused", reason: "401", retryAfterMs: 60_000, needsPerson: true };
    },
    { concurrency: 1, observer: { called: (outcome) => void order.push(JSON.stringify(outcome)) } },
  );
  const settle: typeof deps.outbox.settle = (...args) => {
    order.push("settle");
    return deps.outbox.settle(...args);
  };
  const { released } = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(6)), run);
  assert.is(released, 6);
  assert.equal(order.slice(0, 2), [
    "call",
    '{"kind":"released","pause":{"reason":"401","retryAfterMs":60000,"needsPerson":true}}',
  ]);
  assert.equal(new Set(order.slice(2)), new Set(["settle"]));
});

test("when another claim pauses sending, this one makes no more calls: what is under way ends, the rest is released", async () => {
  let open = true;
  let calls = 0;
  const { deps, run, settled } = ports(
    async (call) => {
      if (++calls === 4) open = false;
      await sleep(5);
      return accepted(call);
    },
    { mayCall: () => open },
  );
  const many = row(9, { batchId: "b0", recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  const result = await deliver(deps, claim([many, ...batches(8)]), run);
  assert.ok(calls <= 5, `${calls} calls, where two at once may be under way`);
  assert.equal(result, { ...nothing, sent: result.sent, released: 9 - result.sent });
  assert.ok(result.sent <= 3, `${result.sent} sent`);
  assert.equal(new Set(settled.map(({ kind }) => kind)), new Set(["sent", "released"]));
});

test("the lease of open rows is renewed while a call is under way; a lost lease aborts the call", async () => {
  const { deps, run, log } = ports(
    async (call) => {
      if (call.events[0]?.notificationId === "2") await sleep(450);
      return accepted(call);
    },
    { leaseMs: 300 },
  );
  await deliver(deps, claim(batches(2)), run);
  const renewals = log.filter((line) => line.startsWith("renew"));
  assert.ok(renewals.length >= 2, String(log));
  assert.is(renewals.at(-1), "renew 2", "the lease of a settled row is not renewed");

  let cut = false;
  const send = (_call: DeliveryCall, signal?: AbortSignal) =>
    new Promise<CallReply>((resolve) =>
      signal?.addEventListener("abort", () => {
        cut = true;
        resolve({ kind: "unknown", reason: "cut" });
      }),
    );
  const outbox = { ...deps.outbox, renew: async () => 0, settle: async () => ({ ...nothing, leaseLost: 1 }) };
  const result = await deliver({ ...deps, novu: { send }, outbox }, claim(batches(1)), run);
  assert.ok(cut);
  assert.is(result.leaseLost, 1);
});

test("a notification of several calls that another worker took over counts once, though each of its writes came late", async () => {
  const { deps, run } = ports(async (call) => {
    await sleep(15);
    return accepted(call);
  });
  let writes = 0;
  const settle = async () => {
    writes++;
    return { ...nothing, leaseLost: 1 };
  };
  const many = row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim([many]), run);
  assert.ok(writes > 1, `${writes} writes`);
  assert.is(result.leaseLost, 1);
});

test("a renewal that Postgres rejects is no lost lease", async () => {
  const { deps, run } = ports(
    async (call) => {
      await sleep(250);
      return accepted(call);
    },
    { leaseMs: 150 },
  );
  const renew = () => Promise.reject(new Error("Postgres is away"));
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, renew } }, claim(batches(1)), run);
  assert.is(result.sent, 1);
});

test("when a write fails, the other calls end before the delivery rejects", async () => {
  let under = 0;
  const { deps, run } = ports(async (call) => {
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
  await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(4)), run).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "a bug"),
  );
  assert.is(under, 0);
});

test("while Postgres is away, Novu's replies are kept and written once when it is back", async () => {
  const away = new Error("Postgres is away");
  const { deps, run, settled } = ports(async (call) => accepted(call), { isTransient: (error) => error === away });
  let tries = 0;
  const settle: typeof deps.outbox.settle = async (...args) => {
    if (++tries <= 2) throw away;
    return deps.outbox.settle(...args);
  };
  const result = await deliver({ ...deps, outbox: { ...deps.outbox, settle } }, claim(batches(2)), run);
  assert.equal(result, { ...nothing, sent: 2 });
  assert.is(settled.length, 2);

  // A cancelled claim is not retried: the token would refuse the write.
  const stop = new AbortController();
  const never: typeof deps.outbox.settle = async () => {
    stop.abort();
    throw away;
  };
  await deliver({ ...deps, outbox: { ...deps.outbox, settle: never } }, claim(batches(1)), {
    ...run,
    signal: stop.signal,
  }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.is(error, away),
  );
});

test("a notification of 250 recipients whose second call has no reply: the others are final, and the retry repeats that call", async () => {
  const recipients = Array.from({ length: 250 }, (_, i) => `s${i}`);
  const many = row(1, { recipients });
  const calls: DeliveryCall[] = [];
  const {
    deps,
    run,
    settled,
    writes,
    recipients: final,
  } = ports(async (call) => {
    calls.push(call);
    await sleep(30);
    return calls.length === 2 ? { kind: "unknown", reason: "no reply" } : accepted(call);
  });
  const result = await deliver(deps, claim([many]), run);
  assert.equal(result, { ...nothing, failed: 1 });
  assert.equal(
    settled.map(({ kind, ...rest }) => [kind, "keepBatch" in rest && rest.keepBatch]),
    [["failed", true]],
  );
  const done = [...new Set(final.map(({ ordinal }) => ordinal))].sort((a, b) => a - b);
  assert.equal(
    done,
    [...recipients.keys()].filter((n) => n < 100 || n >= 200),
  );
  // The outcomes of the first call did not wait for the others, and are written at most once more.
  assert.equal([writes[0]?.settlements.length, writes[0]?.recipients.length], [0, 100]);
  assert.ok(final.length <= 2 * 150, `${final.length} outcomes were written`);

  const [again] = planBatches([{ ...many, settled: done, sentBefore: true, attempts: 2 }])[0]?.calls ?? [];
  assert.is(again?.idempotencyKey, calls[1]?.idempotencyKey);
  assert.equal(again?.events, calls[1]?.events);
});

test.run();
