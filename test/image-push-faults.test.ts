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
  }),
);

test.run();
