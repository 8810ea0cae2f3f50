import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { projectRoot } from "./tracked.ts";

const { stdout } = spawnSync("awk", ["-f", "scripts/dev/help.awk", "Makefile"], { cwd: projectRoot, encoding: "utf8" });
const targets = stdout.split("\n").filter((line) => line.startsWith("  "));

test("`make help` fits 100 columns", () => {
  assert.equal(
    stdout.split("\n").filter(({ length }) => length > 100),
    [],
  );
});

test("every description starts in the same column, two spaces after the longest target", () => {
  const longest = Math.max(...targets.map((line) => line.trim().split(" ")[0]?.length ?? 0));
  for (const line of targets) assert.match(line.slice(2 + longest), /^ {2}\S/);
});

test.run();
