// time limit: 900 s
// One commit, one digest; a change of the sources changes their layer alone; what a build is trusted with is in no layer.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Repository } from "../scripts/image/repository.fixture.ts";
import { type TestEngine, testEngine } from "./support/engine.ts";
import { temporaryFolder } from "./support/folder.ts";
import { buildEnv, projectCheckout, xnovu } from "./support/real-image.ts";
import { within } from "./support/within.ts";

const folder = temporaryFolder("xnovu-repeat-");
const both = "--platform linux/amd64,linux/arm64";
const planted = "a-token-that-is-in-no-layer";
let engine: TestEngine | undefined;
let repository: Repository;
let env: NodeJS.ProcessEnv;
let first: Built;

test.before(async () => {
  engine = await testEngine();
  if (!engine) return;
  repository = projectCheckout(join(folder.path, "checkout"));
  env = await buildEnv(engine);
});
test.after(async () => {
  await engine?.stop();
  folder.remove();
});

interface Descriptor {
  readonly digest: string;
  readonly platform?: { readonly architecture: string };
}

interface Built {
  /** Digest of each platform's image. */
  readonly images: Readonly<Record<string, string>>;
  /** Digests of each platform's layers. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
  readonly log: string;
  blob(digest: string): Buffer;
}

let number = 0;

/** Builds into an OCI archive, as docker:build does for several platforms, and reads it. */
async function built(line: string, more: NodeJS.ProcessEnv | Record<string, string> = {}): Promise<Built> {
  const { code, stdout, stderr } = await xnovu(line, { cwd: repository.path, env: { ...env, ...more } });
  assert.is(code, 0, stderr.slice(-3_000));
  const archive = join(repository.path, /OCI archive.*: (\S+\.tar)/.exec(stdout)?.[1] ?? "");
  const layout = join(folder.path, `layout-${++number}`);
  mkdirSync(layout);
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const blob = (digest: string) => readFileSync(join(layout, "blobs", digest.replace(":", "/")));
  const json = (digest: string) => JSON.parse(blob(digest).toString());
  const top = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: Descriptor[] };
  const { manifests } = json(top.manifests[0]?.digest ?? "") as { manifests: Descriptor[] };
  const images: Record<string, string> = {};
  const layers: Record<string, string[]> = {};
  for (const { digest, platform } of manifests) {
    images[platform?.architecture ?? ""] = digest;
    layers[platform?.architecture ?? ""] = json(digest).layers.map((layer: Descriptor) => layer.digest);
  }
  return { images, layers, log: stderr, blob };
}

// A build takes minutes on a loaded machine.
const onEngine = (name: string, work: () => Promise<void>) =>
  test(
    name,
    within(600, async () => (engine === undefined ? undefined : await work())),
  );

onEngine("two clean builds of a commit are one digest for each platform", async () => {
  // Every step of the second is run again, so that the first may share what other tests have built of this commit.
  first = await built(`docker:build ${both}`);
  const npmrc = join(folder.path, "npmrc");
  writeFileSync(npmrc, `//registry.example/:_authToken=${planted}\n`);
  // Ignored by git, and so still a clean tree.
  repository.write(".env", `NOVU_SECRET_KEY=${planted}\n`);
  const second = await built(`docker:build --no-cache ${both}`, { NPMRC_FILE: npmrc, NOVU_SECRET_KEY: planted });
  assert.not.match(second.log, /pnpm install[^\n]*\n#\d+ CACHED/);
  assert.equal(Object.keys(second.images).sort(), ["amd64", "arm64"]);
  assert.equal(second.images, first.images);

  const authority = env.CA_FILE ? readFileSync(env.CA_FILE, "utf8").trim().split("\n").at(-2) : undefined;
  // The base's own two layers have the public authorities.
  for (const digest of Object.values(second.layers).flatMap((layers) => layers.slice(2))) {
    const files = gunzipSync(second.blob(digest));
    assert.not.ok(files.includes(planted), `a secret in ${digest}`);
    if (authority) assert.not.ok(files.includes(authority), `the proxy's authority in ${digest}`);
  }
});

onEngine("a change of the sources changes at most two layers, and installs nothing again", async () => {
  const file = "worker/main.ts";
  repository.write(file, `${readFileSync(join(repository.path, file), "utf8")}\nconsole.log("changed");\n`);
  repository.git("add", "-A");
  // An hour later: the time of a commit parts nothing from the caches either.
  const date = "2026-11-01T13:00:00Z";
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  execFileSync("git", [...identity, "commit", "-q", "-m", "changed"], {
    cwd: repository.path,
    env: { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
  const changed = await built(`docker:build ${both}`);
  assert.match(changed.log, /pnpm install[^\n]*\n#\d+ CACHED/);
  for (const platform of ["amd64", "arm64"]) {
    const before = first.layers[platform] ?? [];
    const after = changed.layers[platform] ?? [];
    assert.is(after.length, before.length);
    const different = after.filter((digest, i) => digest !== before[i]);
    assert.ok(different.length >= 1 && different.length <= 2, `${different.length} layers of ${platform}`);
  }
});

test.run();
