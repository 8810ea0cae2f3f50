// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ended, place, startPushing, stopPushing } from "./support/pushing.ts";

test.before(startPushing);
test.after(stopPushing);

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

// When the end comes: what the registry holds on to then, and which tags it has by then.
const ends: readonly (readonly ["SIGTERM" | "SIGKILL", string, RegExp, readonly ("sha" | "version")[]])[] = [
  ["SIGTERM", "before any tag", /\/manifests\//, []],
  ["SIGKILL", "before any tag", /\/manifests\//, []],
  ["SIGKILL", "between two tags", /\/manifests\/v2\.0\.0$/, ["sha"]],
  ["SIGKILL", "before latest moves", /\/manifests\/latest$/, ["sha", "version"]],
];

for (const [signal, when, held, written] of ends)
  test(
    `${signal} ${when}: latest has not moved, no tag leads to half an image, and the next push completes it`,
    place(async ({ repository, push, start, proxy, labels, crane, reference }) => {
      repository.git("tag", "v1.0.0");
      assert.is((await push()).code, 0);
      const old = repository.git("rev-parse", "HEAD");
      repository.write("file", "second");
      const now = repository.commit("second");
      repository.git("tag", "v2.0.0");
      const tags = { sha: now.slice(0, 7), version: "v2.0.0" };
      const reached = new Promise<void>((resolve) =>
        proxy.behave((method, path) => {
          if (method !== "PUT" || !held.test(path)) return "pass";
          resolve();
          return "hold";
        }),
      );
      const child = start();
      const end = ended(child);
      await reached;
      child.kill(signal);
      assert.is((await end).code, signal === "SIGTERM" ? 143 : null);
      proxy.behave(() => "pass");
      assert.is((await labels("latest"))["org.opencontainers.image.revision"], old);
      const there = (await crane("ls", reference)).split("\n").filter((tag) => Object.values(tags).includes(tag));
      assert.equal(there.sort(), written.map((kind) => tags[kind]).sort());
      for (const tag of there) await crane("validate", "--remote", `${reference}:${tag}`);
      const { code, stderr } = await push();
      assert.is(code, 0, stderr);
      assert.is((await labels("latest"))["org.opencontainers.image.revision"], now);
      const digests = await Promise.all(
        [...Object.values(tags), "latest"].map((tag) => crane("digest", `${reference}:${tag}`)),
      );
      assert.is(new Set(digests).size, 1);
    }),
  );

test.run();
