import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { XnovuError } from "../../core/errors.ts";
import { createLogger } from "../../core/log.ts";
import { createComponentStatus } from "./component-status.ts";
import { shutDown } from "./shutdown.ts";
import { onSignals } from "./signals.ts";
import { type SuperviseOptions, supervise } from "./supervise.ts";

const log = createLogger({ name: "test", level: "silent" });

function part(run: SuperviseOptions["run"], more: Partial<SuperviseOptions> = {}) {
  const stop = new AbortController();
  const components = createComponentStatus();
  const options = { name: "part", run, signal: stop.signal, components, limit: 3, windowMs: 60_000 };
  const ended = supervise({ ...options, backoff: { baseMs: 1, maxMs: 2 }, ...more });
  ended.catch(() => undefined);
  return { stop, components, ended };
}
const failed = async (ended: Promise<void>): Promise<string> =>
  ended.then(
    () => "it did not fail",
    (error: unknown) => (error instanceof XnovuError ? error.message : `no XnovuError: ${String(error)}`),
  );

test("a part that fails is started again, until it failed too often", async () => {
  let runs = 0;
  const { ended, components } = part(async () => {
    runs++;
    throw new Error("broken");
  });
  assert.match(await failed(ended), /part failed 4 times within 60 s and stays down: broken/);
  assert.is(runs, 4);
  assert.equal(
    [components.get("part")?.state, components.get("part")?.restarts, components.get("part")?.error],
    ["down", 3, "broken"],
  );
});

test("a part that ends by itself counts as failed; failures outside the window do not count", async () => {
  assert.match(
    await failed(part(async () => undefined, { limit: 0 }).ended),
    "it ended although the worker does not stop",
  );
  let runs = 0;
  const { stop, ended } = part(
    async () => {
      await sleep(15);
      if (++runs === 8) stop.abort();
    },
    { limit: 1, windowMs: 5 },
  );
  await ended;
  assert.is(runs, 8);
});

test("an XnovuError is not tried again, and a stop ends a component without an error", async () => {
  let runs = 0;
  const { ended } = part(async () => {
    runs++;
    throw new XnovuError("no such namespace");
  });
  assert.is(await failed(ended), "no such namespace");
  assert.is(runs, 1);

  const stopped = part((signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())));
  await sleep(5);
  stopped.stop.abort();
  await stopped.ended;
  assert.is(stopped.components.get("part")?.state, "stopped");
});

test("the restart waits, and a stop ends that wait", async () => {
  let runs = 0;
  const { stop, ended } = part(
    async () => {
      runs++;
      throw new Error("broken");
    },
    { backoff: { baseMs: 1e9, maxMs: 1e9 } },
  );
  await sleep(30);
  assert.is(runs, 1);
  stop.abort();
  await ended;
});

test("the components keeps since when a part is in its state, and the last reason while it starts again", () => {
  const changes: string[] = [];
  const components = createComponentStatus((name, { state }) => void changes.push(`${name} ${state}`));
  components.set("a", "starting");
  components.set("a", "down", "refused");
  const since = components.get("a")?.since;
  components.set("a", "down", "refused again");
  assert.equal([components.get("a")?.since, components.get("a")?.error], [since, "refused again"]);
  components.set("a", "starting");
  assert.is(components.get("a")?.error, "refused again");
  components.set("a", "up");
  assert.is(components.get("a")?.error, undefined);
  assert.equal(changes, ["a starting", "a down", "a starting", "a up"]);
});

test("a stop runs its steps in order, goes on after one that fails, and ends at its deadline", async () => {
  const order: string[] = [];
  const step = (name: string, run: () => Promise<unknown>) => ({
    name,
    run: () => {
      order.push(name);
      return run();
    },
  });
  const good = step("good", () => sleep(5));
  const bad = step("bad", () => Promise.reject(new Error("broken")));
  assert.is(await shutDown([good, good], 1_000, log), "clean");
  assert.is(await shutDown([good, bad, good], 1_000, log), "failed");
  assert.equal(order, ["good", "good", "good", "bad", "good"]);
  const begin = Date.now();
  assert.is(await shutDown([step("hangs", () => new Promise(() => undefined)), good], 50, log), "deadline");
  assert.ok(Date.now() - begin < 500);
  assert.is(order.at(-1), "hangs");
});

test("copies of a signal are one, a later one forces, and handlers can be taken off", async () => {
  const target = new EventEmitter();
  const received: string[] = [];
  const off = onSignals(
    { stop: (s) => void received.push(`stop ${s}`), force: (s) => void received.push(`force ${s}`) },
    target,
  );
  target.emit("SIGINT", "SIGINT");
  target.emit("SIGINT", "SIGINT");
  target.emit("SIGTERM", "SIGTERM");
  assert.equal(received, ["stop SIGINT"]);
  await sleep(450);
  target.emit("SIGHUP", "SIGHUP");
  assert.equal(received, ["stop SIGINT", "force SIGHUP"]);
  off();
  target.emit("SIGTERM", "SIGTERM");
  assert.is(received.length, 2);
});

test.run();
