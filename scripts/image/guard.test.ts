import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../core/errors.ts";
import { bakeEnvironment, movedLast, planBuild, planMove, planPush, platformsOf, pushedByBake } from "./bake-plan.ts";
import type { GitState } from "./git-state.ts";
import { fixedReferences, reasonToKeepLatest, requireCleanTree, requireSameRevision } from "./guard.ts";
import { failureKind, type Pushed, parseInspect } from "./registry.ts";
import { tagsOf } from "./tags.ts";
import { parseVersion } from "./version.ts";

const sha = "6f826ed5a1b2c3d4e5f60718293a4b5c6d7e8f90";
const state = (more: Partial<GitState> = {}): GitState => ({
  sha,
  committedAt: 1_793_534_400,
  dirtyFiles: [],
  version: parseVersion("v1.0.0"),
  versionIsHere: true,
  shallow: false,
  ...more,
});
const pushed = (labels: Record<string, string>): Pushed => ({ digest: "sha256:a", platforms: [], labels });
const registry = "127.0.0.1:5000/team";
const tags = tagsOf(state(), { registry });
const inputs = {
  tags,
  repository: `${registry}/xnovu`,
  committedAt: 1_793_534_400,
  platforms: ["linux/amd64", "linux/arm64"],
};

test("the guide's three examples", () => {
  const bare = (of: Partial<GitState>) => {
    const { local, remote } = tagsOf(state(of));
    return [
      local,
      ...remote.map((reference) => reference.replace("registry.cn-shanghai.aliyuncs.com/yogosystem/xnovu:", "")),
    ];
  };
  assert.equal(bare({}), ["xnovu:6f826ed", "6f826ed", "v1.0.0", "latest"]);
  assert.equal(bare({ dirtyFiles: ["a"] }), ["xnovu:6f826ed-dirty", "6f826ed", "latest"]);
  assert.equal(bare({ version: undefined }), ["xnovu:6f826ed", "6f826ed", "latest"]);
});

test("no repository: --tag is used, and there is no revision", () => {
  assert.throws(() => tagsOf(undefined), /no git repository/);
  const own = tagsOf(undefined, { tag: "mine" });
  assert.is(own.revision, null);
  assert.is(own.sha, null);
  assert.equal(own.remote, ["registry.cn-shanghai.aliyuncs.com/yogosystem/xnovu:mine"]);
  const { REVISION, CREATED } = bakeEnvironment({ ...inputs, tags: own, committedAt: undefined });
  assert.is(REVISION, undefined);
  assert.is(CREATED, undefined);
});

test("the suffix counts into the 128 characters", () => {
  assert.throws(() => tagsOf(state(), { tag: "a".repeat(129) }), /129 characters/);
  assert.ok(tagsOf(state(), { tag: "a".repeat(128) }));
});

test("--latest auto and never", () => {
  const has = (latest: "auto" | "never" | "always", version: string) =>
    tagsOf(state({ version: parseVersion(version) }), { latest }).remote.some((reference) =>
      reference.endsWith(":latest"),
    );
  assert.equal(
    [has("auto", "v1.0.0"), has("auto", "v1.0.0-rc.1"), has("never", "v1.0.0"), has("always", "v1.0.0-rc.1")],
    [true, false, false, true],
  );
  assert.match(
    reasonToKeepLatest("v1.9.1", pushed({ "org.opencontainers.image.version": "v2.0.0" })) ?? "",
    /it is at v2\.0\.0/,
  );
  assert.is(reasonToKeepLatest("v2.0.1", pushed({ "org.opencontainers.image.version": "v2.0.0" })), undefined);
  assert.is(reasonToKeepLatest("v2.0.1", undefined), undefined);
  assert.is(reasonToKeepLatest("v3.0.0-rc.1", undefined), "v3.0.0-rc.1 is a prerelease");
});

test("the whole command lines", () => {
  const buildx = ["docker", "buildx"] as const;
  assert.equal(planPush({ ...inputs, builder: "b", metadataFile: "m.json" }, buildx), {
    argv: [
      "docker",
      "buildx",
      "bake",
      "--builder",
      "b",
      "-f",
      "docker-bake.hcl",
      "release",
      "--metadata-file",
      "m.json",
    ],
    env: {
      REGISTRY: registry,
      IMAGE: "xnovu",
      LOCAL_TAG: "xnovu:6f826ed",
      TAGS: "6f826ed,v1.0.0",
      REVISION: sha,
      VERSION: "v1.0.0",
      PLATFORMS: "linux/amd64,linux/arm64",
      CREATED: "2026-11-01T12:00:00Z",
      SOURCE_DATE_EPOCH: "1793534400",
    },
  });
  const archive = planBuild({ ...inputs, noCache: true, set: ["*.args.A=b"] }, buildx, {
    kind: "archive",
    path: "dist/x.tar",
  });
  assert.equal(archive.argv.slice(5), [
    "image",
    "--set",
    "image.output=type=oci,dest=dist/x.tar,rewrite-timestamp=true",
    "--no-cache",
    "--set",
    "*.args.A=b",
  ]);
  assert.equal(planMove("r/x:latest", "r/x@sha256:a", buildx).argv, [
    "docker",
    "buildx",
    "imagetools",
    "create",
    "--tag",
    "r/x:latest",
    "r/x@sha256:a",
  ]);
});

test("latest is moved last; as the only tag it is pushed directly", () => {
  assert.is(movedLast(tags), `${registry}/xnovu:latest`);
  const only = tagsOf(state(), { registry, tag: "latest" });
  assert.equal(pushedByBake(only), [`${registry}/xnovu:latest`]);
  assert.is(movedLast(only), undefined);
});

test("a changed tree is refused by exit 2 with its files", () => {
  const changed = tagsOf(state({ dirtyFiles: ["a.txt", "b.txt"] }));
  try {
    requireCleanTree(changed, false);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UsageError);
    assert.match(String(error), /a\.txt, b\.txt/);
  }
  requireCleanTree(changed, true);
  assert.is(changed.revision, `${sha}-dirty`);
  assert.is(bakeEnvironment({ ...inputs, tags: changed }).VERSION, "", "a changed tree is not its version");
});

test("a fixed tag never changes its revision", () => {
  assert.equal(fixedReferences(tags), tags.remote.slice(0, 2));
  assert.equal(fixedReferences(tagsOf(state(), { tag: "staging" })), []);
  const label = "org.opencontainers.image.revision";
  requireSameRevision("r", undefined, sha);
  requireSameRevision("r", pushed({ [label]: sha }), sha);
  assert.throws(
    () => requireSameRevision("r", pushed({ [label]: "other" }), sha),
    (error: Error) => /other/.test(error.message) && error.message.includes(sha),
  );
  assert.throws(() => requireSameRevision("r", pushed({}), sha), /revision unknown/);
  assert.throws(() => requireSameRevision("r", pushed({ [label]: `${sha}-dirty` }), sha), /-dirty/);
});

test("platforms", () => {
  assert.equal(platformsOf(["linux/arm64,linux/amd64", "linux/arm64"]), ["linux/arm64", "linux/amd64"]);
  assert.throws(() => platformsOf(["linux/386"]), /cannot be built for linux\/386/);
});

test("what a registry's refusal means", () => {
  const kinds: readonly (readonly [string, ReturnType<typeof failureKind>])[] = [
    [
      "ERROR: unexpected status from POST request to http://r/v2/x/blobs/uploads/: 500 Internal Server Error",
      "transient",
    ],
    ["failed to push r/x: 503 Service Unavailable", "transient"],
    ['failed to do request: Head "http://r/v2/": read tcp 1:2->3:4: read: connection reset by peer', "transient"],
    ["unexpected EOF", "transient"],
    ["failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized", "refused"],
    [
      "push access denied, repository does not exist or may require authorization: server message: insufficient_scope",
      "refused",
    ],
    ["unexpected status from HEAD request: 403 Forbidden", "refused"],
    ["ERROR: r/x:1: not found", "missing"],
    ['failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1', "other"],
  ];
  for (const [text, kind] of kinds) assert.is(failureKind(text), kind, text);
});

test("an index with attestations reads as its images", () => {
  const { digest, platforms, labels } = parseInspect(
    JSON.stringify({
      manifest: {
        digest: "sha256:index",
        manifests: [
          { digest: "sha256:a", platform: { os: "linux", architecture: "amd64" } },
          { digest: "sha256:b", platform: { os: "linux", architecture: "arm64" } },
          {
            digest: "sha256:c",
            platform: { os: "unknown", architecture: "unknown" },
            annotations: { "vnd.docker.reference.type": "attestation-manifest" },
          },
        ],
      },
      image: { "linux/amd64": { os: "linux", architecture: "amd64", config: { Labels: { a: "b" } } } },
    }),
  );
  assert.is(digest, "sha256:index");
  assert.equal(
    platforms.map(({ platform }) => platform),
    ["linux/amd64", "linux/arm64"],
  );
  assert.equal(labels, { a: "b" });
});

test.run();
