import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { projectRoot } from "./tracked.ts";

const linesOf = (file: string): string[] => readFileSync(join(projectRoot, file), "utf8").trimEnd().split("\n");

for (const file of ["README.md", "ARCHITECTURE.md"])
  test(`${file} fits 100 columns`, () => {
    assert.equal(
      linesOf(file).filter((line) => [...line].length > 100),
      [],
    );
  });

test("README has at most 130 lines", () => {
  assert.ok(linesOf("README.md").length <= 130);
});

test("the glossary stands first in ARCHITECTURE and has at most 20 terms", () => {
  const lines = linesOf("ARCHITECTURE.md");
  const start = lines.indexOf("## Glossary");
  assert.is(
    lines.findIndex((line) => line.startsWith("## ")),
    start,
  );
  const end = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  const terms = lines
    .slice(start, end)
    .filter((line) => line.startsWith("| "))
    .slice(1);
  assert.ok(terms.length > 0 && terms.length <= 20, `${terms.length} terms`);
});

test.run();
