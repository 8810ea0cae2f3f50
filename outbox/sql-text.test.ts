// How the text of a statement is made: parts are included and parameters numbered.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { numberParameters, resolveIncludes } from "./sql-text.ts";

const test = suite("sql text");
const parts: Readonly<Record<string, string>> = {
  lease: "lease_token = NULL",
  named: "-- Arguments: `at`, `what`.\n{{what}} AT {{at}}, {{what}}",
  nested: "BEGIN\n  -- @include lease\nEND",
  endless: "-- @include endless",
};
const resolved = (sql: string) => resolveIncludes(sql, (name) => parts[name]);
const numbered = (sql: string) => numberParameters(sql);

test("an include is replaced by its part, with the arguments filled in, and a part may include another", () => {
  assert.is(resolved("SET\n-- @include lease\nWHERE x"), "SET\nlease_token = NULL\nWHERE x");
  assert.is(resolved("  -- @include nested"), "BEGIN\nlease_token = NULL\nEND");
  const filled = resolved("-- @include named (what: f(a, 'b'); at: :token::uuid)");
  assert.match(filled, "f(a, 'b') AT :token::uuid, f(a, 'b')");
});

for (const [sql, message] of [
  ["-- @include leese", "there is no such part"],
  ["-- @include endless", "includes itself"],
  ["-- @include named (at: x)", 'the argument "what" is missing'],
  ["-- @include lease (at: x)", 'no argument "at"'],
  ["-- @include named (at x)", "cannot read the argument"],
  ["SET x = 1, -- @include lease", "on a line of its own"],
  ["-- @include lease and more", "on a line of its own"],
] as const)
  test(`${sql}: ${message}`, () => assert.throws(() => resolved(sql), message));

test("parameters are numbered in the order in which they occur, each once", () => {
  assert.equal(numbered("SELECT :b::uuid, :a, :b"), { text: "SELECT $1::uuid, $2, $1", parameters: ["b", "a"] });
});

for (const [what, sql] of [
  ["a cast", "SELECT '1'::int"],
  ["a cast of a cast", "SELECT x::text::uuid"],
  ["a literal", "SELECT ':a', 'it''s :b', e'\\':c'"],
  ["a quoted name", 'SELECT ":a"'],
  ["a dollar-quoted text", "SELECT $$ :a $$, $f$ :b $$ :c $f$"],
  ["an assignment", "CALL f(a := 1)"],
  ["a time", "SELECT time '12:30'"],
] as const)
  test(`${what} is not a parameter`, () => assert.equal(numbered(sql), { text: sql, parameters: [] }));

test("comments are dropped, and what looks like a comment in a literal is kept", () => {
  const { text, parameters } = numbered("-- :a\nSELECT '--' /* :b */, 1 -- :c\n\nFROM t");
  assert.equal([text, parameters], ["SELECT '--' , 1\nFROM t", []]);
});

test("a numbered parameter is an error", () =>
  assert.throws(() => numbered("SELECT $1"), "$1: give the parameter a name"));

test.run();
