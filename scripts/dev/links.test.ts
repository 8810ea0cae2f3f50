import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../test/support/folder.ts";
import { brokenLinks, headingAnchors, linksIn } from "./links.ts";

const folder = temporaryFolder("xnovu-links-");
test.after(() => folder.remove());
mkdirSync(join(folder.path, "docs"));
writeFileSync(join(folder.path, "README.md"), "# Title\n\n## Exit codes\n");

const cases: readonly (readonly [string, readonly string[]])[] = [
  ["[a](../README.md)", []],
  ["[a](../README.md#exit-codes)", []],
  ["[a](https://example.com/none) [b](mailto:a@example.com)", []],
  ["[a](none.md)", ["there is no docs/none.md"]],
  ["[a](../README.md#none)", ["README.md has no heading #none"]],
  ["[a](../../outside.md)", ["it leaves the repository"]],
  ['<img src="none.png">', ["there is no docs/none.png"]],
  ["# Here\n[a](#here) [b](#there)", ["docs/page.md has no heading #there"]],
  ["```\n[a](none.md)\n```", []],
  ["`[a](none.md)`", []],
];

for (const [text, reasons] of cases)
  test(`links of ${JSON.stringify(text)}`, () => {
    writeFileSync(join(folder.path, "docs/page.md"), text);
    assert.equal(
      brokenLinks(folder.path, ["docs/page.md"]).map(({ reason }) => reason),
      reasons,
    );
  });

test("a link is reported with its line", () => {
  assert.equal(linksIn("one\n\n[a](b.md) and [c](d.md)"), [
    { line: 3, target: "b.md" },
    { line: 3, target: "d.md" },
  ]);
});

test("anchors are GitHub's", () => {
  assert.equal(
    [...headingAnchors("# Look, take back, send again\n## `make up` [here](x.md)\n## A\n## A\n```\n# no\n```")],
    ["look-take-back-send-again", "make-up-here", "a", "a-1"],
  );
});

test.run();
