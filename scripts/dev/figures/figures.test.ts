import { test } from "uvu";
import * as assert from "uvu/assert";
import { functionsIn, quantile } from "./functions.ts";
import { measure } from "./measure.ts";
import { repeats } from "./repeats.ts";
import type { Tree } from "./tree.ts";

const treeWith = (files: Readonly<Record<string, string>>): Tree => ({
  files: Object.keys(files),
  read: (file) => files[file] ?? "",
});

test("functions are measured from their first line to their last", () => {
  const text =
    "function a() {\n  return 1;\n}\nconst b = () => {\n  const c = () => 1;\n  return c;\n};\nconst d = () => 1;\n";
  assert.equal(
    functionsIn("x.ts", text).map(({ name, place, lines }) => [name, place, lines]),
    [
      ["a", "x.ts:1", 3],
      ["b", "x.ts:4", 4],
    ],
  );
});

test("quantiles of ascending values", () => {
  assert.is(quantile([1, 2, 3, 4], 0.5), 3);
  assert.is(quantile([7], 0.9), 7);
  assert.is(quantile([], 0.5), 0);
});

const six = ["a();", "b();", "c();", "d();", "e();", "f();"];

test("a run of six lines in two files is one repeat, however long it is", () => {
  const files = { "a.ts": [...six, "g();"].join("\n"), "b.ts": ["x();", ...six, "// no code", "g();"].join("\n") };
  assert.equal(repeats(treeWith(files)), [{ a: "a.ts:1", b: "b.ts:2", lines: 7 }]);
});

test("five lines are none", () => {
  assert.equal(repeats(treeWith({ "a.ts": six.slice(1).join("\n"), "b.ts": six.slice(1).join("\n") })), []);
});

test("lines are counted by folder, tests apart", () => {
  const { figures } = measure(treeWith({ "a.ts": "1;\n", "b.test.ts": "1;\n1;\n" }));
  assert.is(figures["lines, (root)"], 1);
  assert.is(figures["lines, (root), tests"], 2);
  assert.is(figures["files in the root"], 2);
});

test.run();
