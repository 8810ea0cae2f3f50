import { test } from "uvu";
import * as assert from "uvu/assert";
import { jsonPatch } from "./json-patch.ts";

test("adds, removes and replaces fields at any depth", () => {
  const before = { kept: 1, gone: 2, spec: { replicas: 2, env: [{ name: "A" }], "a/b": "old" } };
  const after = { kept: 1, spec: { env: [{ name: "A", value: "x" }, { name: "B" }], "a/b": "new", more: { c: null } } };
  assert.equal(jsonPatch(before, after), [
    { op: "remove", path: "/gone" },
    { op: "remove", path: "/spec/replicas" },
    { op: "add", path: "/spec/env/0/value", value: "x" },
    { op: "add", path: "/spec/env/-", value: { name: "B" } },
    { op: "replace", path: "/spec/a~1b", value: "new" },
    { op: "add", path: "/spec/more", value: { c: null } },
  ]);
});

test("equal values need no patch", () => assert.equal(jsonPatch({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), []));

test("refuses a list that gets shorter, which a component cannot express safely", () =>
  assert.throws(() => jsonPatch({ a: [1, 2] }, { a: [1] }), /\/a: a component may not take entries out of a list/));

test.run();
