import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SendingPauseState } from "../../core/delivery.ts";
import { createBreaker } from "./breaker.ts";
import type { EventEnd } from "./send-call.ts";

const noAnswer: EventEnd = { kind: "retry", reason: "no reply", keepBatch: true };
const sent: EventEnd = { kind: "sent" };
const answers: readonly EventEnd[] = [sent, { kind: "rejected", reason: "no" }];
const replayed: EventEnd = { kind: "retry", reason: "Novu answered 500", keepBatch: false };

/** A breaker over a sending pause that says what it was asked; `told` are the states that the worker heard of. */
function breakerOf() {
  const asked: string[] = [];
  const told: SendingPauseState[] = [];
  let breakerOpens = 0;
  const now = (): SendingPauseState => ({
    pausedMs: breakerOpens > 0 ? 1_000 : 0,
    reason: null,
    needsPerson: false,
    breakerOpens,
    probeMs: 0,
  });
  const breaker = createBreaker(
    {
      read: async () => now(),
      async pause(ms, reason, needsPerson) {
        asked.push(`close ${ms} ${reason} ${needsPerson}`);
        return now();
      },
      async openBreaker(reason, { baseMs, maxMs, leastMs }) {
        asked.push(`trip ${reason} ${baseMs} ${maxMs}${leastMs > 0 ? ` ${leastMs}` : ""}`);
        breakerOpens++;
        return now();
      },
      async closeBreaker() {
        asked.push("succeeded");
        breakerOpens = 0;
        return now();
      },
      endProbe: async () => now(),
    },
    (state) => {
      told.push(state);
      breaker.seen(state);
    },
  );
  const ended = async (...ends: readonly EventEnd[]) => {
    for (const end of ends) await breaker.ended(end);
  };
  return { breaker, ended, asked, told };
}
const trip = "trip Novu does not answer: no reply 1000 60000";
const times = (n: number, end: EventEnd) => Array.from({ length: n }, () => end);

test("five calls in a row without an answer trip it; any answer in between starts the count over", async () => {
  const { ended, asked, told } = breakerOf();
  for (const answer of answers) await ended(...times(4, noAnswer), answer);
  await ended(...times(4, noAnswer));
  assert.equal(asked, []);
  await ended(noAnswer);
  assert.equal(asked, [trip]);
  assert.is(told.at(-1)?.breakerOpens, 1);
});

test("after a trip the first call that fails again is enough; one that succeeds starts over for everybody, once", async () => {
  const { ended, asked } = breakerOf();
  await ended(...times(5, noAnswer), noAnswer);
  assert.equal(asked, [trip, trip]);
  await ended(sent, sent);
  assert.equal(asked, [trip, trip, "succeeded"]);
  await ended(...times(4, noAnswer));
  assert.is(asked.length, 3);
});

test("an error that Novu replays from its cache is neither a success nor a failure: amid an outage the pauses go on doubling", async () => {
  const { ended, asked } = breakerOf();
  await ended(...times(4, noAnswer), ...times(9, replayed));
  assert.equal(asked, [], "a replay counted as a failure");
  await ended(noAnswer);
  assert.equal(asked, [trip], "a replay started the count over");
  await ended(replayed, noAnswer, replayed, noAnswer);
  assert.equal(asked, [trip, trip, trip], "a replay counted as a success");
});

test("a trip lasts as long as the longest Retry-After of its failures, and the next one starts without it", async () => {
  const { ended, asked } = breakerOf();
  await ended({ ...noAnswer, retryAfterMs: 90_000 }, sent);
  const waits = [undefined, 20_000, 5_000, undefined, undefined];
  await ended(...waits.map((ms) => (ms === undefined ? noAnswer : { ...noAnswer, retryAfterMs: ms })), noAnswer);
  assert.equal(asked, [`${trip} 20000`, trip]);
});

test("a trip of another worker puts this one half-open as well", async () => {
  const { breaker, ended, asked } = breakerOf();
  breaker.seen({ pausedMs: 500, reason: "no answer", needsPerson: false, breakerOpens: 2, probeMs: 0 });
  await ended(noAnswer);
  assert.equal(asked, [trip]);
});

test("when Novu takes nothing the sending pause is closed for as long as it says, and that is no trip", async () => {
  const { ended, asked, told } = breakerOf();
  await ended(...times(4, noAnswer), { kind: "paused", reason: "429", retryAfterMs: 700, needsPerson: false });
  await ended({ kind: "paused", reason: "401", retryAfterMs: 60_000, needsPerson: true });
  assert.equal(asked, ["close 700 429 false", "close 60000 401 true"]);
  assert.is(told.length, 2);
});

test("a sending pause that cannot be written is the caller's to tell", async () => {
  const away = () => Promise.reject(new Error("Postgres is away"));
  const breaker = createBreaker(
    { read: away, pause: away, openBreaker: away, closeBreaker: away, endProbe: away },
    () => assert.unreachable(),
  );
  for (const end of times(4, noAnswer)) await breaker.ended(end);
  await breaker.ended(noAnswer).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), "Postgres is away"),
  );
});

test.run();
