import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome, SendingPauseState } from "../../core/delivery.ts";
import { createBreaker } from "./breaker.ts";

const noReply: Outcome = { kind: "failed", error: "no reply", keepBatch: true };
const sent: Outcome = { kind: "sent" };
const replies: readonly Outcome[] = [sent, { kind: "dead", error: "no" }];
const replayed: Outcome = { kind: "failed", error: "Novu answered 500", keepBatch: false };

/** A breaker over a sending pause that records its calls; `states` are those that the worker saw. */
function breakerOf() {
  const calls: string[] = [];
  const states: SendingPauseState[] = [];
  let breakerOpens = 0;
  const now = (): SendingPauseState => ({
    pausedMs: breakerOpens > 0 ? 1_000 : 0,
    reason: null,
    needsPerson: false,
    breakerOpens,
    probeMs: 0,
  });
  let isOpen = false;
  const update = (state: SendingPauseState) => {
    states.push(state);
    isOpen = state.breakerOpens > 0;
  };
  let opened = 0;
  const breaker = createBreaker({
    port: {
      async pause(ms, reason, needsPerson) {
        calls.push(`pause ${ms} ${reason} ${needsPerson}`);
        return now();
      },
      async openBreaker(reason, { baseMs, maxMs, leastMs }) {
        calls.push(`open ${reason} ${baseMs} ${maxMs}${leastMs > 0 ? ` ${leastMs}` : ""}`);
        breakerOpens++;
        return now();
      },
      async closeBreaker() {
        calls.push("close");
        breakerOpens = 0;
        return now();
      },
    },
    isOpen: () => isOpen,
    onOpen: () => void opened++,
    onChange: update,
  });
  const called = async (...outcomes: readonly Outcome[]) => {
    for (const outcome of outcomes) await breaker.called(outcome);
  };
  return { called, update, calls, states, opened: () => opened };
}
const open = "open Novu does not reply: no reply 1000 60000";
const times = (n: number, outcome: Outcome) => Array.from({ length: n }, () => outcome);

test("five calls in a row without a reply open it; any reply in between resets the count", async () => {
  const { called, calls, states, opened } = breakerOf();
  for (const reply of replies) await called(...times(4, noReply), reply);
  await called(...times(4, noReply));
  assert.equal(calls, []);
  await called(noReply);
  assert.equal([calls, opened()], [[open], 1]);
  assert.is(states.at(-1)?.breakerOpens, 1);
});

test("half-open, one failed call opens it again; a call that succeeds closes it for all workers, once", async () => {
  const { called, calls } = breakerOf();
  await called(...times(5, noReply), noReply);
  assert.equal(calls, [open, open]);
  await called(sent, sent);
  assert.equal(calls, [open, open, "close"]);
  await called(...times(4, noReply));
  assert.is(calls.length, 3);
});

test("a replayed error is neither a success nor a failure: during an outage the pauses keep doubling", async () => {
  const { called, calls } = breakerOf();
  await called(...times(4, noReply), ...times(9, replayed));
  assert.equal(calls, [], "a replay counted as a failure");
  await called(noReply);
  assert.equal(calls, [open], "a replay reset the count");
  await called(replayed, noReply, replayed, noReply);
  assert.equal(calls, [open, open, open], "a replay counted as a success");
});

test("a pause lasts at least as long as the longest Retry-After of its failures, and the next one starts without it", async () => {
  const { called, calls } = breakerOf();
  await called({ ...noReply, retryInMs: 90_000 }, sent);
  const waits = [undefined, 20_000, 5_000, undefined, undefined];
  await called(...waits.map((ms) => (ms === undefined ? noReply : { ...noReply, retryInMs: ms })), noReply);
  assert.equal(calls, [`${open} 20000`, open]);
});

test("a breaker that another worker opened is open for this one as well", async () => {
  const { called, update, calls } = breakerOf();
  update({ pausedMs: 500, reason: "no reply", needsPerson: false, breakerOpens: 2, probeMs: 0 });
  await called(noReply);
  assert.equal(calls, [open]);
});

test("when Novu accepts no call, sending is paused for as long as it says, and the breaker stays closed", async () => {
  const { called, calls, states } = breakerOf();
  const pause = { reason: "429", retryAfterMs: 700, needsPerson: false };
  await called(...times(4, noReply), { kind: "released", pause });
  await called({ kind: "released", pause: { reason: "401", retryAfterMs: 60_000, needsPerson: true } });
  assert.equal(calls, ["pause 700 429 false", "pause 60000 401 true"]);
  assert.is(states.length, 2);
});

test("it rejects when the sending pause cannot be written", async () => {
  const away = () => Promise.reject(new Error("Postgres is away"));
  const breaker = createBreaker({
    port: { pause: away, openBreaker: away, closeBreaker: away },
    isOpen: () => false,
    onOpen: () => undefined,
    onChange: () => assert.unreachable(),
  });
  for (const outcome of times(4, noReply)) await breaker.called(outcome);
  await breaker.called(noReply).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
});

test.run();
