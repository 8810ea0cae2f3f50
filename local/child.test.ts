import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { NotReadyError, signalTo, startChild, waitReady } from "./child.ts";

const script = (code: string, sink?: (line: string) => void) =>
  startChild({ name: "it", file: process.execPath, args: ["-e", code], ...(sink ? { sink } : {}) });

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.unreachable("no error"),
    (error: unknown) => error,
  );

test("lines of both streams arrive tagged", async () => {
  const lines: string[] = [];
  const child = await script("console.log('one\\ntwo'); console.error('three')", (line) => lines.push(line));
  assert.equal(await child.exited, { code: 0, signal: null });
  await sleep(50);
  assert.equal(lines.sort(), ["[it] one", "[it] three", "[it] two"]);
});

test("a missing program is an error with its name", async () => {
  const error = await errorOf(startChild({ name: "it", file: "/nowhere/at-all", args: [] }));
  assert.match(String(error), /Cannot start it \(\/nowhere\/at-all\)/);
});

test("stop lets the process end", async () => {
  const child = await script(
    "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')",
  );
  await waitReady(child, async () => assert.is(child.tail(), "up"), { limitMs: 5_000 });
  assert.equal(await child.stop(), { code: 7, signal: null });
  assert.equal(child.exit(), { code: 7, signal: null });
});

test("stop kills one that does not listen, and its children", async () => {
  const child = await script(
    `process.on('SIGTERM', () => {});
     const { pid } = require('child_process').spawn('sleep', ['600']);
     setInterval(() => {}, 1000); console.log(pid);`,
  );
  await waitReady(child, async () => assert.match(child.tail(), /^\d+$/), { limitMs: 5_000 });
  const grandchild = Number(child.tail());
  const both = await Promise.all([child.stop({ limitMs: 300 }), child.stop()]);
  assert.equal(both, [
    { code: null, signal: "SIGKILL" },
    { code: null, signal: "SIGKILL" },
  ]);
  for (let i = 0; i < 100 && signalTo(grandchild, 0); i++) await sleep(50);
  assert.not(signalTo(grandchild, 0));
});

test("waiting for a process that ended or is never ready fails with its last lines", async () => {
  const never = async () => assert.unreachable("not yet");
  const dead = await script("console.error('no space left'); process.exit(3)");
  const ended = await errorOf(waitReady(dead, never, { limitMs: 5_000 }));
  assert.instance(ended, NotReadyError);
  assert.match(String(ended), /it ended \(exit 3\) before it was ready[\s\S]*no space left/);
  const silent = await script("setInterval(() => {}, 1000)");
  assert.match(String(await errorOf(waitReady(silent, never, { limitMs: 200 }))), "not ready after 200 ms (not yet)");
  await silent.stop();
});

test.run();
