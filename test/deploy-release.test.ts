// time limit: 900 s
// deploy, rollback and releases as they are typed, on a real engine with the project's own image, under a steady load.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { haproxyImage } from "@xnovu/test-engine/image/haproxy";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { childEnv } from "../scripts/image/run-step.ts";
import { installAudit } from "./support/audit.ts";
import { type TestDatabase, testDatabase, testPool } from "./support/database.ts";
import { startLoad } from "./support/deploying.ts";
import { type TestEngine, testEngine } from "./support/engine.ts";
import { temporaryFolder } from "./support/folder.ts";
import { assertHeld, judge } from "./support/oracle.ts";
import {
  buildEnv,
  command,
  type Ended,
  envFile,
  type HostServers,
  hostServers,
  type Place,
  projectCheckout,
  succeed,
  xnovu,
} from "./support/real-image.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { within } from "./support/within.ts";
import { until } from "./support/worker.ts";

const folder = temporaryFolder("xnovu-deploy-");
const root = fileURLToPath(new URL("..", import.meta.url));
let engine: TestEngine | undefined;
let [database, temporal, servers]: [TestDatabase?, TestTemporal?, HostServers?] = [];
let place: Place;
/** Without the engine's address, and with an `ssh` that goes to this machine: what does not name the host reaches nothing. */
let elsewhere: Place;
let registry = "";
let ports = { app: 0, worker: 0 };

test.before(async () => {
  engine = await testEngine();
  if (!engine) return;
  registry = `${engine.registry.host}/deploy`;
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  servers = await hostServers(engine, database.url, temporal.address);
  ports = { app: await freePort(), worker: await freePort() };
  const proxy = {
    XNOVU_PROXY_IMAGE: await haproxyImage({ engine, log: console.error }),
    XNOVU_PROXY_APP: `127.0.0.1:${ports.app}`,
    XNOVU_PROXY_WORKER: `127.0.0.1:${ports.worker}`,
  };
  place = { cwd: folder.path, env: { ...(await buildEnv(engine)), ...proxy } };
  writeFileSync(join(folder.path, "good.env"), envFile(servers.settings));
  writeFileSync(
    join(folder.path, "bad.env"),
    envFile({ ...servers.settings, NOVU_SECRET_KEY: "", POLL_BATCH_SIZE: "many" }),
  );
  elsewhere = {
    cwd: folder.path,
    env: childEnv({ ...place.env, DOCKER_HOST: "", PATH: `${sshFolder(engine)}${delimiter}${place.env.PATH}` }),
  };
  await buildImages();
});
test.after(async () => {
  if (engine) await takeDown();
  await servers?.close();
  await Promise.all([database?.close(), temporal?.close()]);
  await engine?.stop();
  folder.remove();
});

/** The Docker client runs `ssh … -- HOST docker system dial-stdio` and speaks to the engine by its standard input and output. */
function sshFolder({ dockerHost }: TestEngine): string {
  const bin = join(folder.path, "bin");
  mkdirSync(bin);
  const script = `#!/bin/sh\nwhile [ "$1" != server.example ]; do shift; done\nshift\nDOCKER_HOST=${dockerHost} exec sh -c "$*"\n`;
  writeFileSync(join(bin, "ssh"), script, { mode: 0o755 });
  return bin;
}

/** `one` from the sources; the others are one with one file more, so that only that is built. */
async function buildImages(): Promise<void> {
  const { path } = projectCheckout(join(folder.path, "checkout"));
  const allow = place.env.CA_FILE ? ["--allow", `fs.read=${place.env.CA_FILE}`] : [];
  const env = { ...place.env, LOCAL_TAG: `${registry}/xnovu:one` };
  await succeed("docker", ["buildx", "bake", "-f", "docker-bake.hcl", ...allow], { cwd: path, env });
  await succeed("docker", ["push", "--quiet", `${registry}/xnovu:one`], place);
  await derive("two", "/app/two", "two");
  await derive("three", "/app/three", "three");
  await derive(
    "breaking",
    "/app/dist/migrations/29990101000000000_break.sql",
    "-- Up Migration\nDROP TABLE notify.api_key;\n",
  );
  await derive(
    "sick",
    "/app/server.js",
    'import { createServer } from "node:http"; console.log("an error of this release"); createServer((_, r) => r.writeHead(503).end()).listen(4000);',
  );
}

async function derive(tag: string, file: string, text: string): Promise<void> {
  const context = join(folder.path, tag);
  mkdirSync(context);
  writeFileSync(join(context, "file"), text);
  writeFileSync(
    join(context, "Dockerfile"),
    `FROM ${registry}/xnovu:one\nLABEL org.opencontainers.image.revision=${tag}\nCOPY --chmod=644 file ${file}\n`,
  );
  const name = `${registry}/xnovu:${tag}`;
  await succeed("docker", ["buildx", "build", "--load", "--provenance=false", "--tag", name, context], place);
  await succeed("docker", ["push", "--quiet", name], place);
}

async function takeDown(): Promise<void> {
  const quietly = (...args: string[]) => command("docker", args, place);
  const { stdout } = await quietly("ps", "--all", "--quiet", "--filter", "name=xnovu-");
  const ids = stdout.trim().split("\n").filter(Boolean);
  if (ids.length > 0) await quietly("rm", "--force", "--volumes", ...ids);
  await quietly("network", "rm", "xnovu");
  await quietly("volume", "rm", "xnovu-deploy", "xnovu-proxy");
}

const docker = (...args: string[]) => succeed("docker", args, place);
const deploy = (tag: string, ...more: string[]): Promise<Ended> =>
  xnovu(["deploy", "--registry", registry, "--tag", tag, "--env-file", "good.env", ...more].join(" "), place);
const good = async (ran: Promise<Ended>): Promise<Ended> => {
  const ended = await ran;
  assert.is(ended.code, 0, `${ended.stderr}${ended.stdout}`);
  return ended;
};
const states = async () => {
  const list = JSON.parse((await good(xnovu("releases --json", place))).stdout) as {
    id: number;
    state: string;
    revision: string;
  }[];
  return list.map(({ id, state }) => `r${id} ${state}`);
};
const running = async () =>
  (await docker("ps", "--filter", "label=xnovu.release", "--format", "{{.Names}}")).split("\n").sort();
const answer = async (path: string, port = ports.app) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
// A build takes minutes on a loaded machine.
const onEngine = (name: string, work: () => Promise<void>) =>
  test(
    name,
    within(600, async () => {
      if (!engine) return;
      const begin = Date.now();
      await work();
      console.error(`${name}: ${((Date.now() - begin) / 1_000).toFixed(0)} s`);
    }),
  );

onEngine("before anything is deployed", async () => {
  const [list, back] = [await xnovu("releases", place), await xnovu("rollback", place)];
  assert.equal([list.code, list.stdout, list.stderr], [0, "", "Nothing has been deployed here yet.\n"]);
  assert.is(back.code, 2);
  assert.match(back.stderr, /Nothing is deployed here/);
});

onEngine("bad settings: exit 78 with each of them, and nothing runs", async () => {
  const ran = await deploy("one", "--env-file", "bad.env");
  assert.is(ran.code, 78, ran.stderr);
  for (const name of ["NOVU_SECRET_KEY", "POLL_BATCH_SIZE"]) assert.match(ran.stderr, new RegExp(`setting ${name}: `));
  assert.equal(await states(), ["r1 failed"]);
  assert.equal(await running(), [""]);
});

onEngine("two releases, one that is sick, and a rollback, under 50 notifications a second", async () => {
  const db = testPool(database?.url ?? "", 2);
  await installAudit(db);
  await good(deploy("one"));
  await servers?.novu.control.sync(`http://127.0.0.1:${ports.app}/api/novu`);
  assert.is(await answer("/health", ports.worker), 200);
  const load = startLoad(db, ports.app);
  try {
    const second = await good(deploy("two"));
    assert.match(second.stdout, /^r3 is live: .*xnovu:two\n$/);
    assert.not.match(second.stderr, /warning/i, "the old worker drained, with exit 0");
    assert.equal(await states(), ["r3 live", "r2 previous", "r1 failed"]);

    const sick = await deploy("sick", "--timeout", "8");
    assert.is(sick.code, 1);
    assert.match(
      sick.stderr,
      /xnovu-r4-app-1 is not healthy after 8 s: .*503[\s\S]*an error of this release/,
      sick.stderr,
    );
    assert.equal(await running(), ["xnovu-r3-app-1", "xnovu-r3-worker-1"]);

    await good(xnovu("rollback --host ssh://deploy@server.example", elsewhere));
    assert.equal(await running(), ["xnovu-r2-app-1", "xnovu-r2-worker-1"]);
    assert.equal(await states(), ["r4 failed", "r3 retired", "r2 live", "r1 failed"]);
  } finally {
    const { failures, requests, connections } = await load.end();
    assert.equal(failures, []);
    assert.ok(requests > 500, `${requests} requests`);
    assert.is(connections, 4, "no client had to connect again");
  }
  const count = async () =>
    (await db.query("SELECT count(*)::int AS n FROM notify.notification WHERE status = 'SENT'")).rows[0]?.n;
  await until(async () => (await count()) === load.inserted(), 30_000);
  await servers?.novu.control.idle();
  assertHeld(await judge(db, servers?.novu.control.effects() ?? []));
  const messages = servers?.novu.control.messages() ?? [];
  assert.is(new Set(messages.map(({ subscriberId }) => subscriberId)).size, load.inserted());
  assert.is(messages.length, load.inserted());
  await db.end();
});

onEngine("the proxy comes back to the live release, and follows it to another address", async () => {
  await docker("restart", "--time", "1", "xnovu-proxy");
  await until(async () => (await answer("/api/novu").catch(() => 0)) === 200);
  // Another container takes the address while the app is away.
  await docker("stop", "xnovu-r2-app-1");
  await docker(
    "run",
    "--detach",
    "--name",
    "xnovu-squatter",
    "--network",
    "xnovu",
    `${registry}/xnovu:one`,
    "sleep",
    "300",
  );
  await docker("start", "xnovu-r2-app-1");
  await until(async () => (await answer("/api/novu").catch(() => 0)) === 200);
  await docker("rm", "--force", "xnovu-squatter");
});

/** A deploy that never gets healthy, with app and worker started. In a process group of its own, as a terminal's. */
async function hanging(release: number) {
  const words = [
    "deploy",
    "--host",
    "ssh://deploy@server.example",
    "-r",
    registry,
    "-t",
    "sick",
    "--env-file",
    "good.env",
    "--timeout",
    "300",
  ];
  const child = spawn(process.execPath, [join(root, "scripts/xnovu.mjs"), ...words], {
    ...elsewhere,
    stdio: "ignore",
    detached: true,
  });
  const gone = new Promise<number | null>((resolve) => child.once("close", resolve));
  await until(async () => (await running()).includes(`xnovu-r${release}-worker-1`), 60_000);
  return {
    async end(signal: NodeJS.Signals) {
      process.kill(-(child.pid ?? 0), signal);
      return await gone;
    },
  };
}

onEngine("migrations that would break the release that serves: exit 1, and none is applied", async () => {
  const ran = await deploy("breaking");
  assert.is(ran.code, 1);
  assert.match(
    ran.stderr,
    /would break r2, which serves requests while r5 starts:\n {2}29990101000000000_break, line 2: DROP TABLE notify\.api_key: older/,
  );
  const db = testPool(database?.url ?? "");
  assert.is((await db.query("SELECT to_regclass('notify.api_key') IS NOT NULL AS there")).rows[0]?.there, true);
  await db.end();
});

onEngine(
  "a release that the proxy cannot reach, by a compose file of one's own: the requests go back, and it is taken away",
  async () => {
    writeFileSync(
      join(folder.path, "lonely.yaml"),
      "services: { app: { networks: [lonely] } }\nnetworks: { lonely: {} }\n",
    );
    const ran = await deploy("two", "--file", "lonely.yaml");
    assert.is(ran.code, 1);
    assert.match(ran.stderr, /The proxy cannot resolve the address of xnovu-r6-app-1/);
    assert.is(await answer("/api/novu"), 200);
    assert.equal(await running(), ["xnovu-r2-app-1", "xnovu-r2-worker-1"]);
    assert.is(await docker("network", "ls", "--quiet", "--filter", "name=lonely"), "");
  },
);

onEngine("Ctrl-C removes the half-started release, and the old one serves on", async () => {
  const hung = await hanging(7);
  assert.is(await hung.end("SIGINT"), 130);
  assert.is(await answer("/api/novu"), 200);
  assert.equal(await running(), ["xnovu-r2-app-1", "xnovu-r2-worker-1"]);
});

onEngine(
  "a second command at once is refused; after one that was killed the old release serves on, and the next clears up",
  async () => {
    const hung = await hanging(8);
    const other = await xnovu("rollback r3", place);
    assert.is(other.code, 1);
    assert.match(other.stderr, /\(deploy, since .*holds the lock on this server/);
    await hung.end("SIGKILL");
    assert.is(await answer("/api/novu"), 200);
    assert.equal(await states(), [
      "r8 starting",
      "r7 failed",
      "r6 failed",
      "r5 failed",
      "r4 failed",
      "r3 retired",
      "r2 live",
      "r1 failed",
    ]);

    await good(deploy("three", "--keep", "2"));
    assert.equal(await running(), ["xnovu-r9-app-1", "xnovu-r9-worker-1"]);
    const kept = (await states()).filter((line) => !line.endsWith("failed"));
    assert.equal(kept, ["r9 live", "r3 pruned", "r2 previous"]);
    const images = await docker("image", "ls", "--format", "{{.Tag}}", "xnovu-release");
    assert.equal(images.split("\n").sort(), ["r2", "r9"]);
    const pulled = await docker(
      "image",
      "ls",
      "--format",
      "{{.Tag}}",
      `${registry}/xnovu`,
      "--filter",
      "dangling=false",
    );
    // Without a name are those of this file's own builds on an engine that is used again.
    assert.equal(
      pulled
        .split("\n")
        .filter((tag) => tag !== "<none>")
        .sort(),
      ["one", "three"],
    );
  },
);

onEngine("the audit has a line for each action", async () => {
  const lines = JSON.parse((await good(xnovu("releases --audit --json", place))).stdout) as Record<string, unknown>[];
  const who = execFileSync("whoami", { encoding: "utf8" }).trim();
  assert.ok(lines.every(({ by, at }) => String(by).startsWith(`${who}@`) && !Number.isNaN(Date.parse(String(at)))));
  assert.equal(
    lines.map(({ action, release, from, outcome }) => `${action} ${from ?? "-"}>${release} ${outcome}`),
    [
      ...["deploy ->1 started", "deploy ->1 failed", "deploy ->2 started", "deploy ->2 live"],
      ...["deploy 2>3 started", "deploy 2>3 live", "deploy 2>3 drained", "deploy 3>4 started", "deploy 3>4 failed"],
      ...[
        "rollback 3>2 started",
        "rollback 3>2 live",
        "rollback 3>2 drained",
        "deploy 2>5 started",
        "deploy 2>5 failed",
      ],
      ...[
        "deploy 2>6 started",
        "deploy 2>6 failed",
        "deploy 2>7 started",
        "deploy 2>7 interrupted",
        "deploy 2>8 started",
        "deploy 2>8 interrupted",
      ],
      ...["deploy 2>9 started", "deploy 2>9 live", "deploy 2>9 drained", "prune 9>3 pruned"],
    ],
  );
});

test.run();
