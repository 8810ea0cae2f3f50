import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parentPidFile, readPidFile, workerPidFile } from "../core/pid-file.ts";
import { xnovu } from "./support/cli.ts";
import { ask, until, type WorkerRig } from "./support/worker.ts";
import { openRig } from "./support/worker-suite.ts";

// The worker in the background: started, asked, restarted and stopped by the command line, and kept running by its parent.
let rig: WorkerRig;
let port: number;

// Before the rig is closed, and with it the folder that names the worker.
test.after(async () => {
  await worker("stop", "--force");
});
openRig(
  (opened) => {
    ({ rig } = opened);
  },
  { fromSource: true },
);
test.before(async () => {
  port = Number(rig.env.WORKER_HEALTH_PORT);
});

const worker = (...args: string[]) => xnovu(["worker", ...args], { ...rig.env, XNOVU_RESTART_LIMIT: "1" });
const stateDir = () => rig.env.XNOVU_STATE_DIR ?? "";
const workerPid = () => readPidFile(workerPidFile(stateDir(), port))?.pid;
const parentPid = () => readPidFile(parentPidFile(stateDir(), port))?.pid;
const healthy = () => until(async () => (await ask(`http://127.0.0.1:${port}/health`))?.code === 200, 30_000);

test("start --detach, status, health, send --wait, restart, stop", async () => {
  const start = await worker("start", "--detach", "--json");
  assert.is(start.code, 0, start.err);
  const started = JSON.parse(start.out);
  assert.equal([started.port, started.already, started.pid], [port, false, workerPid()]);
  assert.ok(existsSync(started.log));
  await healthy();
  const again = await worker("start", "--detach");
  assert.is(again.code, 0);
  assert.match(again.out, "already runs");

  const status = await worker("status", "--json");
  assert.equal([status.code, JSON.parse(status.out).pid], [0, started.pid]);
  assert.match((await worker("status")).out, /^worker running, version .*\n\ncomponents\n/);
  const health = await worker("health");
  assert.is(health.code, 0);
  assert.match(health.out, /^worker {2}ok\n/);

  const send = await xnovu(
    ["send", "mail-only", "--to", "ada", "--payload", '{"name":"Ada"}', "--wait", "20"],
    rig.env,
  );
  assert.is(send.code, 0, send.err);
  assert.match(send.out, /PROCESSING → SENT +1 +xnovu-session-/);

  const restart = await worker("restart", "--json");
  assert.is(restart.code, 0, restart.err);
  const restarted = JSON.parse(restart.out);
  assert.is.not(restarted.pid, started.pid);
  assert.is(workerPid(), restarted.pid);

  const stop = await worker("stop");
  assert.is(stop.code, 0, stop.err);
  assert.match(stop.out, "has stopped");
  assert.equal([workerPid(), parentPid()], [undefined, undefined]);
  assert.is((await worker("health")).code, 1);
});

test("the parent starts a killed worker again, and gives up after the limit", async () => {
  assert.is((await worker("start", "--detach")).code, 0);
  const first = workerPid() ?? 0;
  process.kill(first, "SIGKILL");
  const second = await until(() => {
    const pid = workerPid();
    return pid === first ? 0 : (pid ?? 0);
  }, 20_000);
  assert.is((await ask(`http://127.0.0.1:${port}/health/live`))?.code, 200);
  process.kill(second, "SIGKILL");
  await until(() => parentPid() === undefined, 10_000);
  await sleep(500);
  assert.is(workerPid(), undefined);
  const log = readFileSync(`${stateDir()}/logs/worker-${port}.log`, "utf8");
  assert.match(log, "failed too often");
});

test.run();
