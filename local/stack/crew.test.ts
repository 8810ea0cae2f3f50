import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Child, startChild } from "../child.ts";
import { createCrew, type PartName } from "./crew.ts";
import { portsAt } from "./plan.ts";
import { checkPorts, freeOffset } from "./ports-check.ts";
import { createSteps, InterruptedError } from "./steps.ts";

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
  const said: string[] = [];
  const recorded: string[][] = [];
  const crew = createCrew({
    say: (line) => said.push(line),
    tail: () => "  its last words",
    record: (parts) => recorded.push(parts.map(({ name }) => name)),
    restartDelaysMs,
  });
  const add = async (name: PartName, child: Child) => {
    await crew.add({ name, pid: child.pid, stop: () => child.stop() });
    return child;
  };
  return { crew, said, recorded, add };
}

test("parts are recorded as they come and stopped in order: who takes work first", async () => {
  const { crew, said, recorded, add } = setup();
  for (const name of ["postgres", "novu", "worker"] as const) await add(name, await process());
  assert.equal(recorded.at(-1), ["worker", "novu", "postgres"]);
  await Promise.all([crew.stop(), crew.stop()]);
  assert.equal(
    said.map((line) => line.split(" ")[1]),
    ["worker", "novu", "postgres"],
  );
  const late = await process();
  await add("app", late);
  assert.ok(late.exit(), "what comes after the stop is stopped at once");
});

test("a part that ends is named with its last lines, and the stack is lost", async () => {
  const { crew, add } = setup();
  const child = await add("temporal", await process());
  crew.watch("temporal");
  child.kill("SIGKILL");
  const error = await crew.lost.catch((error: unknown) => String(error));
  assert.match(error, /temporal has ended by itself[\s\S]*its last words/);
  await crew.stop();
});

test("a part that can be started again is, until its restarts are used up", async () => {
  const { crew, said, add } = setup([10, 10]);
  let starts = 0;
  const revive = async () => {
    starts++;
    await add("worker", await process("process.exit(3)"));
  };
  const first = await add("worker", await process());
  crew.watch("worker", revive);
  first.kill("SIGKILL");
  const error = await crew.lost.catch((error: unknown) => String(error));
  assert.is(starts, 2);
  assert.match(error, "It was started again 2 times");
  assert.is(said.filter((line) => line.includes("Starting it again")).length, 2);
  await crew.stop();
});

test("every port in use is named at once with its holder", async () => {
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

test("steps tell how they ended and what still runs; after a stop none begins", async () => {
  const said: string[] = [];
  const stop = new AbortController();
  const steps = createSteps((line) => said.push(line), stop.signal, 30);
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
  assert.match(said[0] ?? "", /^✔ quick .* s {2}here$/);
  assert.match(said[1] ?? "", /^✘ bad /);
  assert.is(failed, "Error: no");
  assert.match(said[2] ?? "", /^… waiting for slow/);
  assert.instance(late, InterruptedError);
});

test.run();
