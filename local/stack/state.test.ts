import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { identityOf, isAlive } from "../../core/process-identity.ts";
import { signalTo } from "../child.ts";
import { portsAt, stackPaths } from "./ports-and-paths.ts";
import { processesWithArgument } from "./processes.ts";
import { stackKey } from "./secret.ts";
import { claimState, findStack, type StackState, writeState } from "./state.ts";
import { stopStack, tidy } from "./stop.ts";

let folder: string;
const spawned: number[] = [];
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "xnovu-state-"));
});
test.after.each(() => {
  for (const pid of spawned.splice(0)) signalTo(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process that runs until it gets a signal, with `argument` on its command line. */
async function sleeper(argument = ""): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1);setInterval(()=>{},1e3)", argument], { detached: true });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  spawned.push(child.pid ?? 0);
  return child.pid ?? 0;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not there");
  return value;
}

const stateOf = (own: { pid: number; startTime: string }, parts: StackState["parts"] = []): StackState => ({
  ...own,
  phase: "ready",
  offset: 0,
  ports: portsAt(0),
  startedAt: "2026-01-01T00:00:00Z",
  parts,
});

test("a process is identified by its pid and start time", async () => {
  const pid = await sleeper();
  const identity = must(identityOf(pid));
  assert.ok(isAlive(identity));
  assert.not.ok(isAlive({ pid, startTime: `${identity.startTime}1` }));
  process.kill(pid, "SIGKILL");
  for (let tries = 0; isAlive(identity) && tries < 100; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(identityOf(pid), undefined);
});

test("the state is claimed once, readable only for its owner, and stale when its process has ended", () => {
  const file = join(folder, "below", "stack.json");
  const own = must(identityOf(process.pid));
  assert.is(findStack(file).kind, "none");
  assert.ok(claimState(file, stateOf(own)));
  assert.not.ok(claimState(file, stateOf(own)));
  assert.is(findStack(file).kind, "running");
  assert.is(statSync(file).mode & 0o777, 0o600);
  writeState(file, stateOf({ ...own, startTime: "another time" }));
  assert.is(findStack(file).kind, "stale");
  writeFileSync(file, "{");
  assert.is(findStack(file).kind, "unreadable");
});

test("the key is created once and readable only for its owner", () => {
  const file = join(folder, "novu", "key");
  const key = stackKey(file);
  assert.match(key, /^[0-9a-f]{48}$/);
  assert.is(stackKey(file), key);
  assert.is(statSync(file).mode & 0o777, 0o600);
});

test("processes of a killed stack are stopped, recorded or not; another process with a reused pid is not", async () => {
  const paths = stackPaths("/", folder);
  const [left, innocent, unrecorded] = [await sleeper(), await sleeper(), await sleeper(paths.temporalDb)];
  const parts = [
    { name: "worker", ...must(identityOf(left)) },
    { name: "app", pid: innocent, startTime: "long ago" },
  ];
  writeState(paths.stateFile, stateOf({ pid: innocent, startTime: "long ago" }, parts));
  if (process.platform === "linux") assert.is(processesWithArgument(paths.temporalDb)[0]?.pid, unrecorded);
  const stopped = await tidy(paths);
  assert.is(stopped[0], `worker (process ${left})`);
  assert.is(identityOf(left), undefined);
  assert.ok(identityOf(innocent));
  if (process.platform === "linux") assert.is(identityOf(unrecorded), undefined);
  assert.is(findStack(paths.stateFile).kind, "none");
  assert.equal(await stopStack(paths, () => undefined), { outcome: "nothing", leftovers: [] });
});

test("a running stack is not cleaned up", async () => {
  const paths = stackPaths("/", folder);
  const pid = await sleeper();
  writeState(paths.stateFile, stateOf(must(identityOf(process.pid)), [{ name: "worker", ...must(identityOf(pid)) }]));
  assert.equal(await tidy(paths), []);
  assert.ok(identityOf(pid));
});

test.run();
