import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { platformName } from "xnovu/local/cache.ts";
import { temporaryFolder } from "xnovu/test/support/folder.ts";
import { EngineError } from "./errors.ts";
import { findTool, isAtLeast } from "./tool-find.ts";
import type { ToolSpec } from "./tool-specs.ts";

const spec: ToolSpec = {
  name: "tool",
  version: "2.0.0",
  minimum: "1.10.0",
  packages: { tool: "example.invalid/tool" },
  versionVariable: "example.invalid/tool.Version",
  versionArgs: ["version"],
};

const folder = temporaryFolder("xnovu-tools-");
test.after(() => folder.remove());

/** A folder with a program of the given name that says what version it is. */
function withProgram(name: string, words: string, below = folder.path): string {
  const path = join(below, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "tool"), `#!/bin/sh\necho '${words}'\n`);
  chmodSync(join(path, "tool"), 0o755);
  return path;
}

for (const [words, minimum, expected] of [
  ["github.com/docker/buildx v0.38.2 0123abc", "0.28.0", true],
  ["Docker Compose version v5.1.2", "2.30.0", true],
  ["0.9.9", "0.28.0", false],
  ["0.28.0", "0.28.0", true],
  ["v0.28.0-rc1", "0.28.1", false],
  ["buildkitd github.com/moby/buildkit v0.0.0+unknown", "0.20.0", false],
  ["1.2.10", "1.2.9", true],
  ["(devel)", "0.0.0", false],
  ["", "0.0.0", false],
] as const)
  test(`"${words}" is ${expected ? "" : "not "}at least ${minimum}`, () => {
    assert.is(isAtLeast(words, minimum), expected);
  });

test("the first installed program that is new enough is taken, an old one before it is passed over", async () => {
  const old = withProgram("old", "v1.9.9");
  const good = withProgram("good", "v1.10.0");
  const said: string[] = [];
  const found = await findTool(spec, { folders: [old, good], cacheDir: folder.path, log: (line) => said.push(line) });
  assert.equal([found, said], [{ tool: join(good, "tool") }, []]);
});

test("the cache is used when nothing good is installed", async () => {
  const old = withProgram("old", "v1.9.9");
  const cached = withProgram(`tool-2.0.0-${platformName}`, "unasked", join(folder.path, "cache"));
  const cacheDir = join(folder.path, "cache");
  const found = await findTool(spec, { folders: [old], cacheDir, log: () => undefined });
  assert.equal(found, { tool: join(cached, "tool") });
});

test("a cached folder without its program says what to delete", async () => {
  const cacheDir = join(folder.path, "broken");
  mkdirSync(join(cacheDir, `tool-2.0.0-${platformName}`), { recursive: true });
  try {
    await findTool(spec, { folders: [], cacheDir, log: () => undefined });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EngineError);
    assert.match((error as EngineError).message, /tool-2\.0\.0.* lacks tool/);
    assert.match((error as EngineError).hint ?? "", /Delete/);
  }
});

test.run();
