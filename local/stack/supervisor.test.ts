import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Child, startChild } from "../child.ts";
import { portsAt } from "./ports-and-paths.ts";
import { checkPorts, freeOffset } from "./ports-check.ts";
import { createSteps, InterruptedError } from "./steps.ts";
import { createSupervisor, type PartName } from "./supervisor.ts";

const children: Child[] = [];
test.after(async () => {
  await Promise.all(children.map((child) => child.stop()));
});

async function process(code = "setInterval(()=>{},1e3)"): Promise<Child> {
  const child = await startChild({ name: "part", file: globalThis.process.execPath, args: ["-e", code] });
  children.push(child);
  return child;
}

function setup(restartDelaysMs: readonly number[] = []) {
  const notes: string[] = [];
  const recorded: string[][] = [];
  const supervisor = createSupervisor({
    note: (line) => notes.push(line),
    tail: () => "  its last words",
    record: (parts) => recorded.push(parts.map(({ name }) => name)),
    restartDelaysMs,
  });
  const add = async (name: PartName, child: Child) => {
    await supervisor.add({ name, pid: child.pid, stop: () => child.stop() });
    return child;
  };
  return { supervisor, notes, recorded, add };
}

test("parts are recorded as they are added and stopped in order, those that take work first", async () => {
  const { supervisor, notes, recorded, add } = setup();
  for (const name of ["postgres", "novu", "worker"] as const) await add(name, await process());
  assert.equal(recorded.at(-1), ["worker", "novu", "postgres"]);
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  assert.equal(
    notes.map((line) => line.split(" ")[1]),
    ["worker", "novu", "postgres"],
  );
  const late = await process();
  await add("app", late);
  assert.ok(late.exit(), "a part added after the stop is stopped at once");
});

test("a part that ends is reported with its last lines, and the stack stops", async () => {
  const { supervisor, add } = setup();
  const child = await add("temporal", await process());
  supervisor.watch("temporal");
  child.kill("SIGKILL");
  const error = await supervisor.lost.catch((error: unknown) => String(error));
  assert.match(error, /temporal has ended unexpectedly[\s\S]*its last words/);
  await supervisor.stop();
});

test("a part is restarted until its restarts are used up", async () => {
  const { supervisor, notes, add } = setup([10, 10]);
  let starts = 0;
  const restart = async () => {
    starts++;
    await add("worker", await process("process.exit(3)"));
  };
  const first = await add("worker", await process());
  supervisor.watch("worker", restart);
  first.kill("SIGKILL");
  const error = await supervisor.lost.catch((error: unknown) => String(error));
  assert.is(starts, 2);
  assert.match(error, "It was restarted 2 times");
  assert.is(notes.filter((line) => line.includes("Restarting it")).length, 2);
  await supervisor.stop();
});

test("one error names every port in use with its holder", async () => {
  const offset = await freeOffset(1_000 + Math.floor(Math.random() * 4_000));
  const ports = portsAt(offset);
  const servers = [ports.app, ports.postgres].map((port) => createServer().listen(port, "127.0.0.1"));
  await sleep(50);
  const error = await checkPorts(ports, offset).catch((error: unknown) => error);
  for (const server of servers) server.close();
  assert.match(String(error), `${ports.app} for app`);
  assert.match(String(error), `${ports.postgres} for Postgres`);
  assert.not.match(String(error), `${ports.worker} for`);
  if (globalThis.process.platform === "linux") assert.match(String(error), `process ${globalThis.process.pid} in `);
  await checkPorts({ ...ports, app: ports.worker, postgres: ports.worker }, offset);
});

test("steps report how they ended and which still run; after a stop none starts", async () => {
  const notes: string[] = [];
  const stop = new AbortController();
  const steps = createSteps((line) => notes.push(line), stop.signal, 30);
  await steps.run(
    "quick",
    async () => "here",
    (where) => where,
  );
  const failed = await steps.run("bad", () => Promise.reject(new Error("no"))).catch((error: unknown) => String(error));
  await steps.run("slow", () => sleep(80));
  stop.abort();
  const late = await steps.run("late", async () => 1).catch((error: unknown) => error);
  steps.close();
  assert.match(notes[0] ?? "", /^✔ quick .* s {2}here$/);
  assert.match(notes[1] ?? "", /^✘ bad /);
  assert.is(failed, "Error: no");
  assert.match(notes[2] ?? "", /^… waiting for slow/);
  assert.instance(late, InterruptedError);
});

test.run();
