import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parentPidFile, readPidFile, workerPidFile } from "../core/pid-file.ts";
import { startChild } from "../local/child.ts";
import { xnovu } from "./support/cli.ts";
import { fakeServer } from "./support/fake-server.ts";
import { ask, root, until, type WorkerRig } from "./support/worker.ts";
import { openRig } from "./support/worker-suite.ts";

// The worker's life by the command line: background and foreground, its parent, its pid files.
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
const healthy = () => until(async () => (await ask(`http://127.0.0.1:${port}/health`))?.code === 200, 30_000);

test("with nothing running: stop is 0, status and health are 1 and say so on stderr", async () => {
  const stop = await worker("stop");
  assert.equal([stop.code, stop.out, stop.err], [0, "no worker runs here\n", ""]);
  for (const verb of ["status", "health"]) {
    const { code, out, err } = await worker(verb);
    assert.equal([code, out], [1, ""]);
    assert.match(err, `no worker responds on port ${port}`);
  }
});

test("stop signals no process but its own: a pid that was given to another program is left alone", async () => {
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  try {
    mkdirSync(dirname(workerPidFile(stateDir(), port)), { recursive: true });
    for (const file of [workerPidFile(stateDir(), port), parentPidFile(stateDir(), port)])
      writeFileSync(file, JSON.stringify({ pid: bystander.pid, startTime: "12345" }));
    const { code, out } = await worker("stop", "--force");
    assert.equal([code, out], [0, "no worker runs here\n"]);
    await sleep(200);
    assert.equal([bystander.exitCode, bystander.signalCode], [null, null]);
  } finally {
    bystander.kill("SIGKILL");
  }
});

test("a port that another program holds is named at once, also with --detach", async () => {
  const other = await fakeServer((_, response) => response.end("something else"));
  try {
    const taken = new URL(other.url).port;
    for (const flags of [[], ["--detach"]]) {
      const begin = Date.now();
      const { code, err } = await xnovu(["worker", "start", ...flags], { ...rig.env, WORKER_HEALTH_PORT: taken });
      assert.is(code, 1);
      assert.match(err, `port ${taken} is already in use`);
      assert.ok(Date.now() - begin < 20_000);
    }
    const stop = await xnovu(["worker", "stop"], { ...rig.env, WORKER_HEALTH_PORT: taken });
    assert.is(stop.code, 0);
  } finally {
    await other.close();
  }
});

test("start with bad settings ends with 78 and lists them, also with --detach", async () => {
  for (const flags of [[], ["--detach"]]) {
    const { code, err } = await xnovu(["worker", "start", ...flags], {
      ...rig.env,
      NOVU_SECRET_KEY: "",
      POLL_BATCH_SIZE: "0",
    });
    assert.is(code, 78, err);
    assert.match(err, "NOVU_SECRET_KEY is missing");
    assert.match(err, "POLL_BATCH_SIZE");
  }
});

test("in the foreground, a signal to the command drains the worker and ends with 0; copies of it are one signal", async () => {
  for (const signals of [["SIGTERM"], ["SIGINT", "SIGINT"]] as const) {
    const cli = await startChild({
      name: "cli",
      file: process.execPath,
      args: ["scripts/xnovu.mjs", "worker", "start"],
      cwd: root,
      env: { NODE_ENV: "test", ...rig.env },
    });
    try {
      await healthy();
      const pid = workerPid() ?? 0;
      // As a terminal does: to every process of the group, and the command passes its own on as well.
      for (const signal of signals) signals.length > 1 ? process.kill(-cli.pid, signal) : cli.kill(signal);
      assert.equal(await cli.exited, { code: 0, signal: null });
      assert.is(workerPid(), undefined);
      assert.throws(() => process.kill(pid, 0));
      assert.match(cli.tail(), '"msg":"stopped"');
    } finally {
      await cli.stop({ signal: "SIGKILL" });
    }
  }
});

test.run();
