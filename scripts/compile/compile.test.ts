// time limit: 540 s
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Child, startChild } from "../../local/child.ts";
import { type Collector, startCollector } from "../../test/support/collector.ts";
import { type TestDatabase, testDatabase } from "../../test/support/database.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { type TestTemporal, testTemporal } from "../../test/support/temporal.ts";
import { ask, until, type WorkerRig, workerRig } from "../../test/support/worker.ts";
import { filesBelow } from "./app.ts";
import { layersIn, layOutProgram } from "./layout.ts";
import { copyNative } from "./native.ts";
import { compile } from "./output.ts";

// The compiled worker and command line in a folder outside the repository, as the image has them: no sources, no tsx, no packages but those traced.
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const folder = temporaryFolder("xnovu-compiled-");
const place = join(folder.path, "app");
const pnpm = join(place, "bin/pnpm");
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let collector: Collector;
let env: NodeJS.ProcessEnv;
const closing: (() => Promise<unknown>)[] = [async () => folder.remove()];

test.before(async () => {
  [database, temporal, collector] = await Promise.all([testDatabase(), testTemporal(), startCollector()]);
  closing.unshift(
    () => collector.close(),
    () => database.close(),
    () => temporal.close(),
  );
  rig = await workerRig(database.url, temporal.address);
  closing.unshift(() => rig.close());
  const layers = layersIn(join(folder.path, "out"));
  await layOutProgram(root, layers);
  for (const layer of [layers.packages, layers.source])
    cpSync(join(layer, "app"), place, { recursive: true, verbatimSymlinks: true });
  copyNative(root, process.arch === "arm64" ? "arm64" : "amd64", place);
  // NODE_OPTIONS of the test run would bring tsx back.
  env = {
    ...rig.env,
    NODE_OPTIONS: "",
    NODE_PATH: "",
    NODE_ENV: "production",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
});
test.after(async () => {
  for (const close of closing) await close();
});

const run = (file: string, ...args: string[]) =>
  spawnSync(file, args, { cwd: folder.path, env, encoding: "utf8", timeout: 30_000 });

test("the same sources give the same bytes, with no path of this machine and no import of TypeScript in them", async () => {
  const again = join(folder.path, "again");
  await compile(root, again);
  const [one, two] = [join(place, "dist"), again].map((path) =>
    filesBelow(path).map((file) => [file.slice(path.length), readFileSync(file, "utf8")] as const),
  );
  assert.ok((one?.length ?? 0) > 50);
  assert.equal(one, two);
  for (const [name, text] of one ?? []) {
    const map = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(text)?.[1] ?? "";
    assert.not.ok(`${text}${Buffer.from(map, "base64")}`.includes(root), name);
    assert.not.match(text, /(from|import\()\s*"\.[^"]*\.ts"/);
  }
});

test("the worker delivers a notification and exits with 0 on SIGTERM", async () => {
  const worker: Child = await startChild({
    name: "worker",
    file: pnpm,
    args: ["xnovu", "worker", "start"],
    cwd: folder.path,
    env,
  });
  try {
    const url = `http://127.0.0.1:${rig.env.WORKER_HEALTH_PORT}`;
    await until(
      async () => (await ask(`${url}/health/ready`))?.code === 200,
      30_000,
      () => `the worker is not ready:\n${worker.tail()}`,
    );
    const [id] = await rig.insert(1);
    await until(
      async () => (await rig.counts()).SENT === 1,
      20_000,
      () => worker.tail(),
    );
    assert.equal(
      rig.novu.control.effects().map(({ accepted }) => accepted),
      [1],
    );

    const list = run(pnpm, "xnovu", "list", "--json");
    assert.is(list.status, 0, list.stderr);
    assert.equal(
      (JSON.parse(list.stdout) as { id: string; status: string }[]).map((row) => [row.id, row.status]),
      [[id, "SENT"]],
    );
    assert.is(run(pnpm, "xnovu", "worker", "health").status, 0);
    assert.is(run(pnpm, "xnovu", "migrate", "status", "--check").status, 0);
    const wget = join(place, "bin/wget");
    assert.is(run(wget, "-q", "--spider", `${url}/health`).status, 0);
    assert.is(run(wget, "-q", "--spider", `${url}/nothing`).status, 8);
    assert.match(run(wget, "-qO-", `${url}/metrics`).stdout, /^# HELP/);
    // Packages that only traces load are there too.
    await until(() => collector.spans().some(({ name }) => name === "deliver notification"));
  } finally {
    assert.equal(await worker.stop({ limitMs: 40_000 }), { code: 0, signal: null }, worker.tail());
  }
});

test("wget distinguishes a closed port from wrong use", () => {
  const wget = join(place, "bin/wget");
  assert.is(run(wget, "-q", "--spider", `http://127.0.0.1:${rig.env.WORKER_HEALTH_PORT}/health`).status, 4);
  assert.is(run(wget, "--mirror").status, 2);
});

test("the packages that a command line needs are there, those loaded by require too", () => {
  // Without a Docker client it ends by saying so, which it does only after it has tried to run one.
  const { status, stderr } = spawnSync(pnpm, ["xnovu", "docker:stop"], {
    cwd: folder.path,
    env: { ...env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, DOCKER_HOST: "unix:///nowhere/docker.sock" },
    encoding: "utf8",
  });
  assert.is(status, 1, stderr);
  assert.match(stderr, /Docker is not installed|No Docker engine responds/);
});

test("what needs a checkout says so", () => {
  for (const command of ["up", "down", "demo"]) {
    const { status, stderr } = run(pnpm, "xnovu", command);
    assert.is(status, 2, stderr);
    assert.match(stderr, /for development checkouts/);
  }
  assert.is(run(pnpm, "install").status, 2);
  assert.match(run(pnpm, "xnovu", "--version").stdout, /^\d+\.\d+\.\d+/);
});

test.run();
