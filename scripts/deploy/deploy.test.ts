// Against a `docker` that only remembers: what is left on the server by a release that does not become healthy.
import { chmodSync, copyFileSync, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../test/support/folder.ts";
import { deploy } from "./deploy.ts";
import type { Server } from "./server.ts";

const folder = temporaryFolder("xnovu-deploy-");
const root = fileURLToPath(new URL("../..", import.meta.url));

test.before(() => {
  copyFileSync(fileURLToPath(new URL("./docker.fixture.mjs", import.meta.url)), join(folder.path, "docker"));
  chmodSync(join(folder.path, "docker"), 0o755);
});
test.after(() => folder.remove());

const PATH = `${folder.path}${delimiter}${process.env.PATH}`;
const notes: string[] = [];
const server: Server = {
  options: { cwd: root, env: { ...process.env, PATH, FAKE_DOCKER: folder.path, FAKE_HEALTH: "1" } },
  inputs: { files: [], envFile: undefined },
  network: "xnovu",
  proxyPorts: [],
  by: "somebody@somewhere",
  note: (line) => void notes.push(line),
};
const lines = (name: string) =>
  existsSync(join(folder.path, name)) ? readFileSync(join(folder.path, name), "utf8").trim().split("\n") : [];

test("a release that does not become healthy is removed: containers, networks, image", async () => {
  const options = { reference: "xnovu:new", pull: false, healthMs: 10, drainMs: 10, keep: 3, allowDestructive: false };
  const failure = await deploy(options, server).then(
    () => "no failure",
    (error: Error) => error.message,
  );
  assert.match(failure, "xnovu-r1-app-1 is not healthy");
  const calls = lines("calls");
  const started = calls.findIndex((line) => line.includes(" up --detach"));
  assert.ok(started > 0);
  assert.equal(lines("containers"), [""]);
  const after = calls.slice(started);
  for (const call of [
    "stop xnovu-r1-app-1 xnovu-r1-worker-1",
    "rm --force",
    "network prune",
    "image rm xnovu-release:r1",
  ])
    assert.ok(
      after.some((line) => line.startsWith(call)),
      call,
    );
  const outcomes = lines("audit").map((line): { outcome?: string } => JSON.parse(line));
  assert.equal(
    outcomes.map(({ outcome }) => outcome),
    ["started", "failed"],
  );
});

test.run();
