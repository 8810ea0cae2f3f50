import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "@xnovu/test-engine/command";
import { type Engine, startEngine } from "@xnovu/test-engine/engine";
import { NoEngineHereError } from "@xnovu/test-engine/errors";
import { baseImage } from "@xnovu/test-engine/image/base";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gitEnv, type Repository, repositoryAt } from "../scripts/image/repository.fixture.ts";
import { childEnv } from "../scripts/image/run-step.ts";
import { temporaryFolder } from "./support/folder.ts";

// docker:build, docker:run and docker:stop as they are typed, on a real engine, with a small server in place of the app.

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = temporaryFolder("xnovu-run-");
let engine: Engine | undefined;
let repository: Repository;
let env: NodeJS.ProcessEnv;

// Health follows the file /tmp/well; a stop takes 12 s, more than Docker's own ten.
const server = `
const { createServer } = require("node:http");
if (process.env.NOVU_SECRET_KEY === "bad") { console.error("bad setting: NOVU_SECRET_KEY"); process.exit(78); }
createServer((_, reply) => reply.end(process.env.NOVU_SECRET_KEY)).listen(4000);
process.on("SIGTERM", () => { console.log("draining"); setTimeout(() => { console.log("drained"); process.exit(0); }, 12000); });
`;

test.before(async () => {
  try {
    engine = await startEngine({ dir: join(folder.path, "e"), log: console.warn });
  } catch (error) {
    if (!(error instanceof NoEngineHereError) || process.env.CI) throw error;
    return console.warn(`SKIPPED, EVERY TEST OF THIS FILE: ${error.message}`);
  }
  const base = await baseImage({ engine, log: console.warn });
  repository = repositoryAt(join(folder.path, "repo"));
  copyFileSync(join(root, "docker-bake.hcl"), join(repository.path, "docker-bake.hcl"));
  repository.write(".gitignore", ".xnovu\n");
  repository.write("server.js", server);
  repository.write(
    "Dockerfile",
    'ARG BASE_IMAGE\nFROM $BASE_IMAGE AS runtime\nCOPY server.js /server.js\nHEALTHCHECK --interval=1s --retries=2 CMD ["node", "-e", "fetch(\'http://localhost:4000\').then(() => process.exit(process.env.SICK ? 1 : 0), () => process.exit(1))"]\nENTRYPOINT []\nCMD ["node", "/server.js"]\n',
  );
  repository.commit("first");
  env = childEnv({
    ...process.env,
    ...gitEnv,
    ...engine.env,
    BASE_IMAGE: base.reference,
    NOVU_SECRET_KEY: "a secret",
    GITHUB_OUTPUT: "",
  });
});
test.after(async () => {
  await engine?.stop();
  folder.remove();
});

async function xnovu(args: readonly string[], more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, "scripts/xnovu.mjs"), ...args], {
    cwd: repository.path,
    env: { ...env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}
const docker = (...args: string[]) => output("docker", args, { env }).then((text) => text.trim());
const sha = () => repository.git("rev-parse", "HEAD").slice(0, 7);

/** A port of 127.0.0.1 that is taken until `free` is called. */
async function takenPort() {
  const holder = createServer().listen(0, "0.0.0.0");
  await new Promise((resolve) => holder.once("listening", resolve));
  const address = holder.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, free: () => new Promise((resolve) => holder.close(resolve)) };
}

const onEngine = (name: string, work: () => Promise<void>) =>
  test(name, async () => (engine === undefined ? undefined : await work()));

onEngine("docker:build loads the image into the engine, with its labels and the report for a pipeline", async () => {
  const report = join(folder.path, "github-output");
  const { code, stdout, stderr } = await xnovu(["docker:build", "--metadata-file", "../meta.json"], {
    GITHUB_OUTPUT: report,
  });
  assert.is(code, 0, stderr);
  assert.match(
    stdout,
    new RegExp(`^Local tag: xnovu:${sha()}\nDigest: sha256:[0-9a-f]{64}\nLoaded into the engine\n$`),
  );
  const labels = JSON.parse(await docker("image", "inspect", "--format", "{{json .Config.Labels}}", `xnovu:${sha()}`));
  assert.is(labels["org.opencontainers.image.revision"], repository.git("rev-parse", "HEAD"));
  assert.is(labels["org.opencontainers.image.created"], "2026-11-01T12:00:00Z");
  assert.ok(existsSync(join(folder.path, "meta.json")));
  assert.match(readFileSync(report, "utf8"), new RegExp(`image<<(.*)\nxnovu:${sha()}\n\\1\n`));
});

onEngine("another platform, or several, become an OCI archive, and it is said so", async () => {
  for (const platforms of ["linux/arm64", "linux/amd64,linux/arm64"]) {
    if (platforms === `linux/${process.arch}`) continue;
    const { code, stdout, stderr } = await xnovu(["docker:build", "--platform", platforms]);
    assert.is(code, 0, stderr);
    const path = /OCI archive.*: (\S+\.tar)/.exec(stdout)?.[1] ?? "";
    const index = JSON.parse(await output("tar", ["-xOf", join(repository.path, path), "index.json"], {}));
    assert.ok(stdout.includes(index.manifests[0].digest), stdout);
  }
  assert.is(repository.git("status", "--porcelain"), "");
});

onEngine(
  "docker:run waits until it is healthy, and says so when it runs already; docker:stop lets it drain",
  async () => {
    const { port, free } = await takenPort();
    const refused = await xnovu(["docker:run", "-d", "-p", `${port}:4000`]);
    assert.is(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`Port ${port} is in use`));
    await free();
    const started = await xnovu(["docker:run", "-d", "-p", `${port}:4000`]);
    assert.is(started.code, 0, started.stderr);
    assert.is(started.stdout, `xnovu is healthy: http://localhost:${port}/api/health\n`);
    assert.is(await (await fetch(`http://127.0.0.1:${port}`)).text(), "a secret", "a setting of the environment");
    assert.not.match(await docker("inspect", "--format", "{{json .Args}}", "xnovu"), /secret/);
    const again = await xnovu(["docker:run", "-d"]);
    assert.is(again.code, 0);
    assert.match(again.stdout, /xnovu already runs, from xnovu:\w{7} \(healthy\)/);

    const logs = docker("logs", "--follow", "xnovu");
    const stopped = await xnovu(["docker:stop"]);
    assert.is(stopped.code, 0, stopped.stderr);
    assert.is(stopped.stdout, "Stopped and removed xnovu.\n");
    assert.match(await logs, /draining\ndrained/);
    assert.is(await docker("ps", "--all", "--quiet"), "");
    const nothing = await xnovu(["docker:stop"]);
    assert.equal([nothing.code, nothing.stdout], [0, "Nothing is running.\n"]);
  },
);

onEngine("a container that ends, or is not healthy, is reported with its log", async () => {
  const ended = await xnovu(["docker:run", "-d", "-p", "0:4000"], { NOVU_SECRET_KEY: "bad" });
  assert.is(ended.code, 1);
  assert.match(ended.stderr, /ended \(exit 78\)[\s\S]*bad setting: NOVU_SECRET_KEY/);
  repository.write("../env", "SICK=1\nNOVU_SECRET_KEY=x\n");
  const sick = await xnovu(["docker:run", "-d", "-p", "0:4000", "--env-file", "../env"]);
  assert.is(sick.code, 1);
  assert.match(sick.stderr, /xnovu is unhealthy/);
  await docker("kill", "xnovu");
  assert.is((await xnovu(["docker:stop"])).code, 0);
});

onEngine("an image that is not built, and a port that is none", async () => {
  const missing = await xnovu(["docker:run", "-d", "--tag", "nowhere"]);
  assert.is(missing.code, 2);
  assert.match(missing.stderr, /no image xnovu:nowhere[\s\S]*docker:build/);
  assert.is((await xnovu(["docker:run", "-p", "4000"])).code, 2);
});

test.run();
