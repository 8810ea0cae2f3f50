import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withBuildx } from "@xnovu/test-engine/docker-tools";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bakeEnvironment } from "./bake-plan.ts";
import { dockerError } from "./buildx.ts";
import { gitEnv, inFolder, type Repository, repositoryAt } from "./repository.fixture.ts";
import { childEnv } from "./run-step.ts";
import type { Tags } from "./tags.ts";

// The real command line against the real buildx client, with no engine to be found and no network used.

const root = fileURLToPath(new URL("../..", import.meta.url));
const env = childEnv({
  ...(await withBuildx(process.env, console.warn)),
  ...gitEnv,
  HOME: process.env.HOME,
  DOCKER_HOST: "unix:///nowhere/docker.sock",
});
const xnovu = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/xnovu.mjs"), ...args], {
    cwd,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
};
const bakePrint = (cwd: string, more: Readonly<Record<string, string>>, target = "release") =>
  spawnSync("docker", ["buildx", "bake", "-f", "docker-bake.hcl", target, "--print"], {
    cwd,
    env: { ...env, ...more },
    encoding: "utf8",
  });

function project(folder: string): Repository {
  const repository = repositoryAt(join(folder, "repo"));
  copyFileSync(join(root, "docker-bake.hcl"), join(repository.path, "docker-bake.hcl"));
  repository.commit("first");
  return repository;
}

test("docker:push --dry-run prints the guide's tags and, byte for byte, bake's own plan", () =>
  inFolder(async (folder) => {
    const { path, git, write } = project(folder);
    const args = ["docker:push", "--dry-run", "--platform", "linux/arm64", "-r", "custom-registry"];
    for (const [state, make, expected] of [
      ["no tag", () => undefined, (sha: string) => [`xnovu:${sha}`, `${sha}, latest`]],
      ["tagged", () => git("tag", "v1.0.0"), (sha: string) => [`xnovu:${sha}`, `${sha}, v1.0.0, latest`]],
      ["changed", () => write("x", ""), (sha: string) => [`xnovu:${sha}-dirty`, `${sha}, latest`]],
    ] as const) {
      make();
      const { status, stdout, stderr } = xnovu(path, ...args);
      assert.is(status, 0, stderr);
      const [local, remote] = expected(git("rev-parse", "HEAD").slice(0, 7));
      assert.ok(
        stdout.startsWith(`Local tag: ${local}\nRemote tags: ${remote}\n`),
        `${state}: ${stdout.slice(0, 100)}`,
      );

      const asJson = xnovu(path, ...args, "--json");
      const { plan, ...tags } = JSON.parse(asJson.stdout) as Tags & { plan: unknown };
      const committedAt = Number(git("log", "-1", "--format=%ct"));
      const bake = bakePrint(
        path,
        bakeEnvironment({ tags, repository: "custom-registry/xnovu", committedAt, platforms: ["linux/arm64"] }),
      );
      assert.is(bake.status, 0, bake.stderr);
      assert.is(stdout.slice(stdout.indexOf("{")), bake.stdout);
      assert.equal(plan, JSON.parse(bake.stdout));
    }
  }));

test("bad names end with 2 before anything runs", () =>
  inFolder(async (folder) => {
    const { path, git } = project(folder);
    git("tag", `v1.0.0-${"a".repeat(130)}`);
    for (const args of [
      ["docker:push", "--dry-run"],
      ["docker:push"],
      ["docker:build"],
      ["docker:tags", "-r", "http://x"],
      ["docker:build", "--platform", "linux/386"],
      ["docker:push", "--latest", "sometimes"],
    ]) {
      const { status, stdout } = xnovu(path, ...args);
      assert.is(status, 2, args.join(" "));
      assert.is(stdout, "");
    }
  }));

test("a changed tree: the push refuses and names the file, the dry run warns", () =>
  inFolder(async (folder) => {
    const { path, write } = project(folder);
    write("notes.txt", "");
    const pushed = xnovu(path, "docker:push");
    assert.is(pushed.status, 2);
    assert.match(pushed.stderr, /notes\.txt[\s\S]*--allow-dirty/);
    assert.is(xnovu(path, "docker:push", "--dry-run", "--require-clean").status, 2);
    const dry = xnovu(path, "docker:push", "--dry-run");
    assert.is(dry.status, 0);
    assert.match(dry.stderr, /uncommitted changes: notes\.txt/);
  }));

test("no engine: one line that says what to do", () =>
  inFolder(async (folder) => {
    const { path } = project(folder);
    for (const args of [["docker:build"], ["docker:run", "-d"], ["docker:stop"]]) {
      const { status, stderr } = xnovu(path, ...args);
      assert.is(status, 1);
      assert.match(stderr, /No Docker engine responds\nStart Docker/, args.join(" "));
      assert.not.match(stderr, /\n\s+at /, "a stack");
    }
  }));

test("the error for a missing tool says what to install or create", () => {
  for (const [stderr, code, message] of [
    ["/bin/bash: line 1: docker: command not found", 127, /not installed/],
    ["docker: 'buildx' is not a docker command.", 1, /no buildx/],
    ['ERROR: no builder "big" found', 1, /There is no builder big/],
    ["ERROR: Multi-platform build is not supported for the docker driver.", 1, /cannot do this/],
    ["ERROR: OCI exporter is not supported for the docker driver.", 1, /cannot do this/],
  ] as const)
    assert.match(dockerError({ stderr, code })?.message ?? "", message);
});

test("docker-bake.hcl refuses what cannot be", () => {
  for (const [name, value] of [
    ["TAGS", "a+b"],
    ["TAGS", ".x"],
    ["TAGS", "a".repeat(129)],
    ["PLATFORMS", "linux/386"],
    ["REGISTRY", "https://registry.example"],
    ["REGISTRY", "registry.example/"],
    ["IMAGE", "Xnovu"],
    ["REVISION", "6f826ed"],
    ["CREATED", "yesterday"],
    ["SOURCE_DATE_EPOCH", "1.5"],
    ["SOURCE_DATE_EPOCH", "soon"],
  ] as const) {
    const { status, stderr } = bakePrint(root, { [name]: value });
    assert.is(status, 1, `${name}=${value}`);
    assert.match(
      stderr,
      new RegExp(`ERROR: .*(Validation failed|Invalid).*${name === "SOURCE_DATE_EPOCH" ? "" : name}`),
    );
  }
});

test("docker-bake.hcl alone: a local image, a release for two platforms with SBOM and provenance, checks that keep nothing", () => {
  const plan = JSON.parse(
    execFileSync("docker", ["buildx", "bake", "-f", "docker-bake.hcl", "default", "release", "validate", "--print"], {
      cwd: root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ) as {
    target: Record<
      string,
      { tags?: string[]; platforms?: string[]; attest?: { type: string }[]; output?: { type: string }[]; call?: string }
    >;
  };
  assert.equal(plan.target.image?.tags, ["xnovu:dev"]);
  assert.equal(plan.target["release-image"]?.platforms, ["linux/amd64", "linux/arm64"]);
  assert.equal(
    plan.target["release-image"]?.attest?.map(({ type }) => type),
    ["provenance", "sbom"],
  );
  assert.is(plan.target.check?.call, "check");
  for (const name of ["lint", "types", "test"]) assert.equal(plan.target[name]?.output, [{ type: "cacheonly" }]);
});

test.run();
