import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { signalTo } from "xnovu/local/child.ts";
import { portInUse } from "xnovu/local/ports.ts";
import { privateEngine, testEngine } from "xnovu/test/support/engine.ts";
import { output } from "./command.ts";
import { type Engine, joinEngine } from "./engine.ts";
import { hostProblem } from "./host.ts";

const needsEngine = (await hostProblem()) === undefined ? test : test.skip;
if (needsEngine === test.skip && process.env.CI === "true") throw new Error("CI runs on a machine without an engine");

const dirOf = (engine: Engine): string =>
  fileURLToPath(engine.dockerHost.replace("unix:", "file:")).replace("/docker.sock", "");
const numberOf = (engine: Engine): string => engine.gateway.split(".")[2] ?? "";

/** Everything on this machine that tells of the engine, in words. */
async function traces(dir: string, number: string): Promise<string[]> {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(dir));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(dir));
  const devices = (await output("ip", ["-o", "-4", "addr", "show"])).split("\n");
  const own = new RegExp(` inet 10\\.21[34]\\.${number}\\.`);
  const groups = [".", ...readdirSync("/sys/fs/cgroup")].map((name) => join("/sys/fs/cgroup", name, `xnovu${number}`));
  return [
    ...processes.map((pid) => `process ${pid} ${read(`/proc/${pid}/cmdline`)}`),
    ...mounts.map((line) => `mount ${line}`),
    ...devices.filter((line) => own.test(line)).map((line) => `device ${line}`),
    ...groups.filter((group) => existsSync(group)).map((group) => `control group ${group}`),
    ...(existsSync(dir) ? [`folder ${dir}`] : []),
  ];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** A running container, with a network of its own, of an image that is only Node. */
async function startSomething(engine: Engine): Promise<void> {
  const env = { ...process.env, ...engine.env };
  const { baseImage } = await import("./image/base.ts");
  const { reference } = await baseImage({ engine, log: console.error });
  await output("docker", ["network", "create", "own"], { env });
  const run = ["run", "-d", "--network", "own", "-p", "127.0.0.1::9", reference, "-e", "setInterval(() => 0, 1000)"];
  await output("docker", run, { env });
}

needsEngine("a stopped engine leaves no process, mount, device, control group, port or file", async () => {
  const engine = await privateEngine();
  const [dir, number, port] = [dirOf(engine), numberOf(engine), Number(engine.registry.host.split(":")[1])];
  await startSomething(engine);
  assert.ok((await traces(dir, number)).length > 5);
  await engine.stop();
  assert.equal(await traces(dir, number), []);
  assert.not(await portInUse(port));
});

needsEngine("what a killed process's engine left behind is removed by the next start", async () => {
  const script = fileURLToPath(new URL("killed.fixture.ts", import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), "xnovu-killed-"));
  const child = spawn(process.execPath, ["--import", "tsx", script, dir], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", () => reject(new Error("the engine did not start")));
  });
  const engine = joinEngine(dir);
  await startSomething(engine);
  signalTo(child.pid ?? 0, "SIGKILL");
  const processes = async () => (await traces(dir, numberOf(engine))).filter((line) => line.startsWith("process"));
  for (let waited = 0; (await processes()).length > 0 && waited < 5_000; waited += 100) await sleep(100);
  assert.equal(await processes(), [], "its daemons and containers die with it");
  assert.ok(existsSync(dir));
  const next = await privateEngine();
  await next.stop();
  // The next engine may have taken the number over, and has given it back.
  assert.equal(await traces(dir, numberOf(engine)), []);
  rmSync(dir, { recursive: true, force: true });
});

needsEngine("two engines run side by side", async () => {
  const [one, two] = await Promise.all([privateEngine(), privateEngine()]);
  try {
    assert.is.not(one.gateway, two.gateway);
    assert.is.not(one.registry.host, two.registry.host);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

needsEngine("a shared engine is joined by the folder's name, and not stopped by who joins", async () => {
  const engine = await privateEngine();
  try {
    process.env.XNOVU_TEST_ENGINE = dirOf(engine);
    const joined = await testEngine();
    await joined?.stop();
    const version = await output("docker", ["version", "-f", "{{.Server.Os}}"], {
      env: joined?.processEnv ?? process.env,
    });
    assert.is(version.trim(), "linux");
  } finally {
    delete process.env.XNOVU_TEST_ENGINE;
    await engine.stop();
  }
});

test.run();
