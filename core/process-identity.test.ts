import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { identityOf, isAlive, startTimeOf } from "./process-identity.ts";

const sleeper = () => spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });

test("a process is itself for as long as it runs", async () => {
  const child = sleeper();
  await once(child, "spawn");
  const identity = identityOf(child.pid ?? 0);
  assert.ok(identity !== undefined && isAlive(identity));
  assert.is(startTimeOf(child.pid ?? 0), identity?.startTime);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.not(identity !== undefined && isAlive(identity));
  assert.is(identityOf(child.pid ?? 0), undefined);
});

test("another start time under the same pid is another process", () => {
  const own = identityOf(process.pid);
  assert.ok(own && isAlive(own));
  assert.not(isAlive({ pid: process.pid, startTime: `${own?.startTime}0` }));
});

test("a process that has ended and waits for its parent does not run", async () => {
  if (process.platform !== "linux") return;
  // The shell starts a child that ends soon, and becomes a program that never collects it.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line]: unknown[] = await once(parent.stdout, "data");
  const pid = Number(String(line));
  while (startTimeOf(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  process.kill(pid, 0); // throws when there is no entry: it is there, and dead
  assert.is(identityOf(pid), undefined);
  parent.kill("SIGKILL");
  await once(parent, "exit");
});

test("a command name with spaces and brackets is read past", async () => {
  if (process.platform !== "linux") return;
  const script = "process.title = 'a) R 1 (b'; console.log('on'); setTimeout(() => {}, 60000)";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  assert.match(startTimeOf(child.pid ?? 0) ?? "", /\d{2,}$/);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("no process has the number 0 or one beyond the limit", () => {
  for (const pid of [0, -1, 2 ** 30]) assert.is(identityOf(pid), undefined, String(pid));
});

test.run();
