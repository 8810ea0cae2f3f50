import { getEventListeners } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createOccurrence, firstOf, retry, sleep } from "./time.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
const never = new AbortController().signal;

test("sleep ends after its time, and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  const start = performance.now();
  await sleep(20, signal);
  assert.ok(performance.now() - start >= 18);
  assert.is(listeners(signal), 0);
});

test("sleep ends when any of its signals aborts, before or during the wait", async () => {
  await sleep(60_000, never, AbortSignal.abort());
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = sleep(Number.POSITIVE_INFINITY, first.signal, second.signal);
  second.abort();
  await waiting;
  assert.equal([listeners(first.signal), listeners(second.signal)], [0, 0]);
});

test("sleep without an end does not end at once", async () => {
  let ended = false;
  const stop = new AbortController();
  const waiting = sleep(Number.POSITIVE_INFINITY, stop.signal).then(() => {
    ended = true;
  });
  await sleep(20);
  assert.is(ended, false);
  stop.abort();
  await waiting;
});

test("firstOf resolves with the first promise or the signal, and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  await firstOf([new Promise(() => undefined), Promise.resolve()], signal);
  assert.is(listeners(signal), 0);
  await firstOf([new Promise(() => undefined)], AbortSignal.abort());
});

test("an occurrence wakes everyone who waits for it, once", async () => {
  const occurrence = createOccurrence();
  const woken: string[] = [];
  const wait = (name: string) => occurrence.next(60_000, never).then(() => void woken.push(name));
  const both = Promise.all([wait("a"), wait("b")]);
  occurrence.fire();
  await both;
  assert.equal(woken, ["a", "b"]);
  const stop = new AbortController();
  const later = occurrence.next(60_000, stop.signal).then(() => void woken.push("c"));
  await sleep(10);
  assert.is(woken.length, 2);
  stop.abort();
  await later;
});

const backoff = { baseMs: 1, maxMs: 1, minMs: 0 };
const away = new Error("away");

test("retry repeats transient failures and reports each", async () => {
  const reported: unknown[] = [];
  let attempts = 0;
  const result = await retry(
    async () => {
      if (++attempts < 3) throw away;
      return "done";
    },
    { isTransient: (error) => error === away, backoff, onFailure: (error) => void reported.push(error) },
  );
  assert.equal([result, attempts, reported.length], ["done", 3, 2]);
});

test("retry rejects with any other error, and with the last one once its signal aborts", async () => {
  const rejection = async (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const bug = new TypeError("a bug");
  assert.is(
    await rejection(retry(() => Promise.reject(bug), { isTransient: (error) => error === away, backoff })),
    bug,
  );
  const stop = new AbortController();
  let attempts = 0;
  const stopped = retry(
    async () => {
      attempts++;
      throw away;
    },
    { isTransient: () => true, backoff: { ...backoff, minMs: 60_000 }, signal: stop.signal },
  );
  await sleep(5);
  stop.abort();
  assert.is(await rejection(stopped), away);
  assert.is(attempts, 1);
});

test.run();
