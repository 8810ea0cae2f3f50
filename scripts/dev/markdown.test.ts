import { test } from "uvu";
import * as assert from "uvu/assert";
import { verbs } from "../commands/index.ts";
import { cliReference } from "./cli-reference.ts";
import { escapedAround, markdownTable } from "./markdown.ts";

test("text outside code spans is escaped, and a bar in a code span does not end the cell", () => {
  assert.is(escapedAround("a <b> *c* and `d <e>|f`"), "a \\<b> \\*c\\* and `d <e>\\|f`");
  assert.is(markdownTable(["a", "b"], [["1", "2"]]), "| a | b |\n| --- | --- |\n| 1 | 2 |");
});

test("the reference has a section with an example for each command", async () => {
  const text = await cliReference();
  for (const words of verbs) assert.match(text, `\n## xnovu ${words.join(" ")}\n`);
  assert.is(text.match(/^```sh$/gm)?.length, verbs.length);
  assert.not.match(text, "--enterprise");
});

test.run();
