import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { output } from "../local/engine/command.ts";
import { type Engine, startEngine } from "../local/engine/engine.ts";
import { NoEngineHereError } from "../local/engine/errors.ts";
import { gitEnv, inFolder, type Repository, repositoryAt } from "../scripts/image/repository.fixture.ts";
import { childEnv } from "../scripts/image/run.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type RegistryProxy, registryProxy } from "./support/registry-proxy.ts";

// docker:push as it is typed, on a real BuildKit and a real registry that misbehaves on order; crane is the witness. The image is a small one:
// what is pushed does not matter here, where it ends up does.

const root = fileURLToPath(new URL("..", import.meta.url));
let engine: Engine | undefined;
let proxy: RegistryProxy | undefined;
const folder = temporaryFolder("xnovu-push-");

test.before(async () => {
  try {
    engine = await startEngine({ dir: join(folder.path, "e"), log: console.warn });
    proxy = await registryProxy(engine.registry.host);
  } catch (error) {
    if (!(error instanceof NoEngineHereError) || process.env.CI) throw error;
    console.warn(`SKIPPED, EVERY TEST OF THIS FILE: ${error.message}`);
  }
});
test.after(async () => {
  await proxy?.close();
  await engine?.stop();
  folder.remove();
});

interface Place {
  readonly repository: Repository;
  readonly registry: string;
  readonly reference: string;
  readonly proxy: RegistryProxy;
  start(...args: string[]): ChildProcess;
  push(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
  crane(...args: string[]): Promise<string>;
  labels(tag: string): Promise<Record<string, string>>;
}

let number = 0;

function place(work: (place: Place) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (path) => {
      if (engine === undefined || proxy === undefined) return;
      const own = { engine, proxy };
      proxy.behave(() => "pass");
      proxy.requests.length = 0;
      const repository = repositoryAt(join(path, "repo"));
      copyFileSync(join(root, "docker-bake.hcl"), join(repository.path, "docker-bake.hcl"));
      repository.write("Dockerfile", "FROM scratch AS runtime\nCOPY file /file\n");
      repository.write("file", `${++number}`);
      repository.commit("first");
      const registry = `${proxy.host}/team${number}`;
      const env = childEnv({ ...process.env, ...gitEnv, ...engine.env, SBOM_GENERATOR: "none", GITHUB_OUTPUT: "" });
      const crane = (...args: string[]) => output("crane", args, { env }).then((text) => text.trim());
      const start = (...args: string[]) =>
        spawn(process.execPath, [join(root, "scripts/xnovu.mjs"), "docker:push", "-r", registry, ...args], {
          cwd: repository.path,
          env,
          stdio: ["ignore", "pipe", "pipe"],
        });
      await work({
        repository,
        registry,
        reference: `${own.engine.registry.host}/team${number}/xnovu`,
        proxy: own.proxy,
        start,
        push: (...args) => ended(start(...args)),
        crane,
        labels: async (tag) =>
          JSON.parse(
            await crane(
              "config",
              "--platform",
              "linux/amd64",
              `${own.engine.registry.host}/team${number}/xnovu:${tag}`,
            ),
          ).config.Labels,
      });
    });
}

async function ended(child: ChildProcess) {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (piece: Buffer) => {
    stdout += piece.toString();
  });
  child.stderr?.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

test(
  "both platforms under one digest and every tag, latest moved last",
  place(async ({ repository, push, crane, reference, labels, proxy }) => {
    repository.git("tag", "v1.0.0");
    const { code, stdout, stderr } = await push("--platform", "linux/amd64,linux/arm64");
    assert.is(code, 0, stderr);
    const sha = repository.git("rev-parse", "HEAD");
    const tags = [sha.slice(0, 7), "v1.0.0", "latest"];
    assert.equal((await crane("ls", reference)).split("\n").sort(), [...tags].sort());
    const digests = await Promise.all(tags.map((tag) => crane("digest", `${reference}:${tag}`)));
    assert.is(new Set(digests).size, 1);
    assert.ok(stdout.includes(`Digest: ${digests[0]}`));
    const index = JSON.parse(await crane("manifest", `${reference}:latest`)) as {
      manifests: { digest: string; platform: { os: string; architecture: string } }[];
    };
    const platforms = index.manifests.filter(({ platform }) => platform.os === "linux");
    assert.equal(
      platforms.map(({ platform }) => platform.architecture),
      ["amd64", "arm64"],
    );
    for (const { digest } of platforms) assert.ok(stdout.includes(digest));
    assert.is(index.manifests.length, 4, "a provenance record for each platform");
    assert.is((await labels("latest"))["org.opencontainers.image.revision"], sha);

    const paths = proxy.requests.filter((line) => /^(PUT|GET|HEAD) .*\/manifests\//.test(line));
    const moved = paths.findIndex((line) => /^PUT .*\/manifests\/latest$/.test(line));
    assert.ok(moved > 0);
    for (const tag of tags.slice(0, 2)) {
      const written = paths.findIndex((line) => line.startsWith("PUT ") && line.endsWith(`/${tag}`));
      assert.ok(
        paths.slice(written, moved).some((line) => /^(GET|HEAD)/.test(line) && line.endsWith(`/${tag}`)),
        `${tag} was not read before latest moved`,
      );
    }
    assert.is((await push()).code, 0, "the same revision again is fine");
  }),
);

test(
  "a version's tag is not moved to another revision, but knowingly",
  place(async ({ repository, push, labels }) => {
    repository.git("tag", "v1.0.0");
    assert.is((await push()).code, 0);
    const old = repository.git("rev-parse", "HEAD");
    const now = repository.commit("second");
    const refused = await push();
    assert.is(refused.code, 1);
    assert.ok(refused.stderr.includes(old) && refused.stderr.includes(now), refused.stderr);
    assert.match(refused.stderr, /--move-tag/);
    assert.is((await labels("latest"))["org.opencontainers.image.revision"], old, "nothing was pushed");
    assert.is((await push("--move-tag")).code, 0);
    assert.is((await labels("v1.0.0"))["org.opencontainers.image.revision"], now);
  }),
);

test(
  "a changed tree that is pushed knowingly says so, and does not overwrite the clean one",
  place(async ({ repository, push, labels }) => {
    assert.is((await push()).code, 0);
    repository.write("file", "changed");
    const refused = await push("--allow-dirty");
    assert.is(refused.code, 1);
    assert.match(refused.stderr, /-dirty/);
    assert.is((await push("--allow-dirty", "--move-tag")).code, 0);
    assert.match((await labels("latest"))["org.opencontainers.image.revision"] ?? "", /-dirty$/);
  }),
);

test(
  "--latest auto: a backport and a prerelease leave it alone",
  place(async ({ repository, push, labels }) => {
    const latest = async () => (await labels("latest"))["org.opencontainers.image.version"];
    repository.git("tag", "v2.0.0");
    assert.is((await push("--latest", "auto")).code, 0);
    repository.git("checkout", "-q", "--orphan", "old");
    repository.commit("backport");
    repository.git("tag", "v1.9.1");
    const backport = await push("--latest", "auto");
    assert.is(backport.code, 0, backport.stderr);
    assert.match(backport.stderr, /stays where it is: it carries v2\.0\.0/);
    assert.is(await latest(), "v2.0.0");
    repository.commit("next");
    repository.git("tag", "v3.0.0-rc.1");
    assert.is((await push("--latest", "auto")).code, 0);
    assert.is(await latest(), "v2.0.0");
    repository.commit("release");
    repository.git("tag", "v3.0.0");
    assert.is((await push("--latest", "auto")).code, 0);
    assert.is(await latest(), "v3.0.0");
  }),
);

for (const [name, fault] of [
  ["500", 500],
  ["a cut connection", "cut"],
] as const)
  test(
    `${name} twice, then it works`,
    place(async ({ push, proxy, crane, reference }) => {
      let faults = 0;
      proxy.behave((method, path) =>
        method === "PUT" && path.includes("/manifests/") && faults++ < 2 ? fault : "pass",
      );
      const { code, stderr } = await push();
      assert.is(code, 0, stderr);
      assert.ok(faults > 2);
      assert.match(await crane("ls", reference), /latest/);
    }),
  );

test(
  "500 for ever: given up after three more tries",
  place(async ({ push, proxy }) => {
    proxy.behave((method, path) => (method === "PUT" && path.includes("/manifests/") ? 500 : "pass"));
    const { code, stderr } = await push();
    assert.is(code, 1);
    assert.is(stderr.split("trying again").length - 1, 3, stderr);
    assert.match(stderr, /The push failed.*500/);
  }),
);

for (const status of [401, 403] as const)
  test(
    `${status}: no second try, and the login command`,
    place(async ({ push, proxy }) => {
      proxy.behave((method) => (method === "GET" || method === "HEAD" ? "pass" : status));
      const { code, stderr } = await push();
      assert.is(code, 1);
      assert.not.match(stderr, /trying again/);
      assert.ok(stderr.includes(`docker login ${proxy.host}`), stderr);
    }),
  );

test(
  "killed in mid-push: latest has not moved, and the next push completes it",
  place(async ({ repository, push, start, proxy, labels }) => {
    assert.is((await push()).code, 0);
    const old = repository.git("rev-parse", "HEAD");
    repository.write("file", "second");
    const now = repository.commit("second");
    let held: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      held = resolve;
    });
    proxy.behave((method, path) => {
      if (method !== "PUT" || !path.includes("/manifests/")) return "pass";
      held();
      return "hold";
    });
    const child = start();
    const end = ended(child);
    await reached;
    child.kill("SIGTERM");
    assert.is((await end).code, 143);
    proxy.behave(() => "pass");
    assert.is((await labels("latest"))["org.opencontainers.image.revision"], old);
    const { code, stderr } = await push();
    assert.is(code, 0, stderr);
    assert.is((await labels("latest"))["org.opencontainers.image.revision"], now);
    assert.not.ok(existsSync(join(repository.path, "dist")));
  }),
);

test.run();
