// time limit: 400 s
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TestEngine, testEngine } from "xnovu/test/support/engine.ts";
import { within } from "xnovu/test/support/within.ts";
import { output } from "./command.ts";

/*
 * One engine for the whole file, as a start takes seconds. Images are built from the test engine's own base, as no machine's
 * tests should depend on a public registry.
 */
let running: TestEngine | undefined;
const folder = mkdtempSync(join(tmpdir(), "xnovu-engine-test-"));

// A fetch whose connection was cut may hold nothing that keeps the process up, not even its time limit: then it would end in the middle.
let awake: NodeJS.Timeout | undefined;

test.before(async () => {
  awake = setInterval(() => undefined, 1_000);
  running = await testEngine();
});
test.after(async () => {
  clearInterval(awake);
  await running?.stop();
  rmSync(folder, { recursive: true });
});

/** A test that needs the engine: says that it was skipped where there is none. */
function engineTest(name: string, work: (engine: TestEngine) => Promise<void>): void {
  const run = async () => {
    if (running) await work(running);
    else console.error(`*** SKIPPED: ${name} ***`);
  };
  // Builds take a minute on a loaded machine.
  test(name, within(170, run));
}

const docker = (engine: TestEngine, args: readonly string[]): Promise<string> =>
  output("docker", args, { env: engine.processEnv, cwd: folder, timeoutMs: 120_000 });
const crane = (engine: TestEngine, args: readonly string[]): Promise<string> =>
  output("crane", args, { env: engine.processEnv, timeoutMs: 120_000 });

const server = `require("node:http").createServer(async (request, response) => {
  const from = new URL(request.url, "http://here").searchParams.get("from");
  response.end(from ? await (await fetch(from)).text() : "hello from " + process.arch);
}).listen(8080);
process.once("SIGTERM", () => process.exit(0));`;

/** Writes a build of one small server: no step runs a program, so that a foreign platform needs no emulation. */
function writeBuild(base: string): void {
  writeFileSync(join(folder, "server.js"), server);
  writeFileSync(join(folder, "Dockerfile"), 'FROM base\nCOPY server.js /server.js\nCMD ["node", "/server.js"]\n');
  writeFileSync(
    join(folder, "docker-bake.hcl"),
    `target "default" {\n  contexts = { base = "${base}" }\n  tags = ["hello:test"]\n}\n`,
  );
}

async function buildHello(engine: TestEngine): Promise<void> {
  const { context } = await engine.base();
  writeBuild(context);
  // bake asks before it reads a folder outside its own.
  const allow = `--allow=fs.read=${context.replace(/^oci-layout:\/\/|:latest$/g, "")}`;
  await docker(engine, ["buildx", "bake", allow, "--load", "--progress", "plain", "-f", "docker-bake.hcl"]);
}

const fetchText = async (url: string): Promise<string> => {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text();
    } catch (error) {
      if (tries >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};

engineTest("an image built by bake runs, and is reached at its mapped port", async (engine) => {
  await buildHello(engine);
  await docker(engine, ["run", "-d", "--name", "hello", "-p", "127.0.0.1::8080", "hello:test"]);
  const address = (await docker(engine, ["port", "hello", "8080"])).trim();
  assert.match(await fetchText(`http://${address}`), /^hello from (x64|arm64)$/);
  // The daemon's own words, so that a person sees no warning that means nothing here.
  const { stderr } = await said(engine, ["run", "--rm", "hello:test", "node", "--version"]);
  assert.is(stderr, "");
  await docker(engine, ["rm", "-f", "hello"]);
});

engineTest("a container reaches a server on this machine's loopback through the gateway", async (engine) => {
  await buildHello(engine);
  const own = await listen((url) => `own server, ${url}`);
  const forward = await engine.expose(own.port);
  try {
    const host = ["--add-host", "host.docker.internal:host-gateway"];
    await docker(engine, ["run", "-d", "--name", "caller", ...host, "-p", "127.0.0.1::8080", "hello:test"]);
    const address = (await docker(engine, ["port", "caller", "8080"])).trim();
    const from = encodeURIComponent(`http://host.docker.internal:${own.port}/x`);
    assert.is(await fetchText(`http://${address}/?from=${from}`), "own server, /x");
    assert.is(forward.address, `${engine.gateway}:${own.port}`);
  } finally {
    await docker(engine, ["rm", "-f", "caller"]);
    await forward.close();
    await own.close();
  }
});

engineTest("a release for two platforms with attestations is read back by another client", async (engine) => {
  const { reference: base } = await engine.base();
  writeBuild(`docker-image://${base}`);
  const target = `${engine.registry.host}/team/hello:v1.0.0`;
  const set = [
    "platform=linux/amd64,linux/arm64",
    `tags=${target}`,
    "attest=type=provenance,mode=max",
    `attest+=type=sbom,generator=${await engine.sbomGenerator()}`,
  ].flatMap((value) => ["--set", `*.${value}`]);
  await docker(engine, ["buildx", "bake", "--push", "--progress", "plain", "-f", "docker-bake.hcl", ...set]);

  type Entry = { platform: { os: string; architecture: string }; digest: string };
  const index: { manifests: Entry[] } = JSON.parse(await crane(engine, ["manifest", target]));
  const platforms = index.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`);
  assert.equal(platforms, ["linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"]);
  for (const attestation of index.manifests.slice(2)) {
    const { layers } = JSON.parse(await crane(engine, ["manifest", `${target}@${attestation.digest}`]));
    const types = layers.map(
      (layer: { annotations: Record<string, string> }) => layer.annotations["in-toto.io/predicate-type"],
    );
    assert.equal(types.map((type: string) => type.replace(/v[\d.]+$/, "v")).sort(), [
      "https://slsa.dev/provenance/v",
      "https://spdx.dev/Document",
    ]);
  }
  // The packages of Debian are in the bill of materials of the foreign platform too.
  const format = '{{json (index .SBOM "linux/arm64").SPDX}}';
  const sbom = JSON.parse(await docker(engine, ["buildx", "imagetools", "inspect", target, "--format", format]));
  const libc = sbom.packages.find((found: { name: string }) => found.name === "libc6");
  assert.match(JSON.stringify(libc), /arch=arm64/);
});

engineTest(
  "compose starts services that find each other by name, waits for them, and takes them down",
  async (engine) => {
    await buildHello(engine);
    const check = ["CMD", "node", "-e", "fetch('http://127.0.0.1:8080').catch(() => process.exit(1))"];
    const service = { image: "hello:test", healthcheck: { test: check, interval: "1s", timeout: "5s", retries: 30 } };
    const services = { one: { ...service, ports: ["127.0.0.1::8080"] }, two: service };
    writeFileSync(join(folder, "compose.yaml"), JSON.stringify({ name: "hello", services }));
    await docker(engine, ["compose", "up", "-d", "--wait"]);
    const address = (await docker(engine, ["compose", "port", "one", "8080"])).trim();
    const from = encodeURIComponent("http://two:8080/");
    assert.match(await fetchText(`http://${address}/?from=${from}`), /^hello from/);
    await docker(engine, ["compose", "down"]);
    assert.is((await docker(engine, ["ps", "-aq"])).trim(), "");
  },
);

engineTest("the base image has what the public one has", async (engine) => {
  const { reference } = await engine.base();
  const script = "node --version; npm --version; id node; ldd --version | head -1; ls -d /home/node; npx --version";
  const text = await docker(engine, ["run", "--rm", reference, "sh", "-c", script]);
  assert.match(text, /^v24\.\d+\.\d+\n11\.\d+\.\d+\nuid=1000\(node\) gid=1000\(node\) .*\nldd \(Debian GLIBC/);
  assert.match(await docker(engine, ["run", "--rm", reference, "--version"]), /^v24\./);
  assert.match(await docker(engine, ["run", "--rm", "--user", "node", reference, "-p", "process.getuid()"]), /^1000/);
});

/** Runs docker and returns what it said on stderr as well. */
async function said(engine: TestEngine, args: readonly string[]): Promise<{ stderr: string }> {
  const file = join(folder, "stderr");
  await output("sh", ["-c", 'file=$1; shift; exec docker "$@" 2> "$file"', "sh", file, ...args], {
    env: engine.processEnv,
  });
  return { stderr: readFileSync(file, "utf8") };
}

async function listen(answer: (url: string) => string): Promise<{ port: number; close(): Promise<void> }> {
  const own: Server = createServer((request, response) => void response.end(answer(request.url ?? "")));
  await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
  const address = own.address();
  const close = () => new Promise<void>((resolve) => own.close(() => resolve()));
  return { port: typeof address === "object" && address ? address.port : 0, close };
}

test.run();
