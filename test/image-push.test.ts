import { test } from "uvu";
import * as assert from "uvu/assert";
import { place, startPushing, stopPushing } from "./support/pushing.ts";

test.before(startPushing);
test.after(stopPushing);

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
    assert.match(backport.stderr, /is not moved: it is at v2\.0\.0/);
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

test(
  "a tag that somebody else moves before it is read back: exit 1, and latest is left alone",
  place(async ({ repository, push, craneNow, labels, reference, proxy }) => {
    repository.git("tag", "v1.0.0");
    assert.is((await push()).code, 0);
    const old = repository.git("rev-parse", "HEAD");
    repository.commit("second");
    repository.git("tag", "v2.0.0");
    let written = false;
    let moved = false;
    proxy.behave((method, path) => {
      if (!path.endsWith("/manifests/v2.0.0")) return "pass";
      if (method === "PUT") written = true;
      else if (written && !moved) {
        moved = true;
        craneNow("tag", `${reference}:v1.0.0`, "v2.0.0");
      }
      return "pass";
    });
    const { code, stderr } = await push();
    assert.ok(moved);
    assert.is(code, 1);
    assert.match(stderr, /v2\.0\.0 reads back as sha256:[0-9a-f]{64} instead of sha256:/);
    assert.is((await labels("latest"))["org.opencontainers.image.revision"], old);
  }),
);

test.run();
