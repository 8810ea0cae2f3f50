import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { destructiveIn, refusals } from "./expand-contract.ts";
import { knownMigrations, migrationsDir } from "./migrate.ts";
import { statementsOf } from "./sql-statements.ts";

const found = (...sql: string[]) => destructiveIn(sql.map((text, index) => ({ name: `m${index + 1}`, sql: text })));
const breaks = (sql: string) => found(sql).map((one) => one.breaks);

const destructive: readonly (readonly [string, RegExp])[] = [
  ["DROP TABLE notify.old", /still uses/],
  ["drop table if exists notify.old cascade", /still uses/],
  ["DROP VIEW notify.timeline", /still uses/],
  ["DROP FUNCTION notify.enqueue(text, jsonb)", /still calls/],
  ["DROP TRIGGER keep_id ON notify.notification", /relies/],
  ["TRUNCATE notify.notification", /rows are lost/],
  ["REVOKE INSERT ON notify.notification FROM producer", /right/],
  ["ALTER TYPE notify.kind RENAME VALUE 'a' TO 'b'", /old name/],
  ["ALTER FUNCTION notify.f() RENAME TO g", /old name/],
  ["ALTER VIEW notify.v SET SCHEMA other", /old schema/],
  ["ALTER TABLE notify.n SET SCHEMA other", /old schema/],
  ["ALTER TABLE notify.n RENAME TO m", /old name/],
  ["ALTER TABLE notify.n RENAME COLUMN a TO b", /old name/],
  ["ALTER TABLE notify.n RENAME a TO b", /old name/],
  ["ALTER TABLE notify.n DROP COLUMN a", /reads and writes/],
  ["ALTER TABLE ONLY notify.n DROP a", /reads and writes/],
  ["ALTER TABLE IF EXISTS notify.n ADD COLUMN b text, DROP COLUMN IF EXISTS a", /reads and writes/],
  ["ALTER TABLE notify.n ALTER COLUMN a TYPE bigint", /old type/],
  ["ALTER TABLE notify.n ALTER a SET DATA TYPE bigint USING a::bigint", /old type/],
  ["ALTER TABLE notify.n ALTER COLUMN a SET NOT NULL", /default/],
  ["ALTER TABLE notify.n ALTER COLUMN a DROP DEFAULT", /leaves the column out/],
  ["ALTER TABLE notify.n ADD COLUMN a text NOT NULL", /default/],
  ["ALTER TABLE notify.n ADD CONSTRAINT few CHECK (a < 3)", /refuses/],
  ["ALTER TABLE notify.n ADD UNIQUE (a)", /refuses/],
  ["ALTER\n  TABLE notify.n /* why */\n  DROP\n  COLUMN a", /reads and writes/],
  ["DO $$ BEGIN IF true THEN DROP TABLE notify.old; END IF; END $$", /still uses/],
  ["DO $x$ BEGIN EXECUTE 'ALTER TABLE notify.n DROP COLUMN a'; END $x$", /reads and writes/],
];
for (const [sql, reason] of destructive)
  test(`breaks older code: ${sql.replace(/\s+/g, " ")}`, () => {
    assert.is(breaks(`${sql};`).length, 1);
    assert.match(breaks(`${sql};`)[0] ?? "", reason);
  });

const harmless: readonly string[] = [
  "CREATE TABLE notify.fresh (a text NOT NULL); ALTER TABLE notify.fresh ADD CONSTRAINT c CHECK (a <> ''); ALTER TABLE notify.fresh DROP COLUMN a",
  "ALTER TABLE notify.n ADD COLUMN a text",
  "ALTER TABLE notify.n ADD COLUMN a text NOT NULL DEFAULT 'x'",
  "ALTER TABLE notify.n ADD COLUMN a numeric(3, 2) DEFAULT 1",
  "ALTER TABLE notify.n ALTER COLUMN a SET DEFAULT 1, ALTER COLUMN a SET NOT NULL",
  "ALTER TABLE notify.n DROP CONSTRAINT few",
  "ALTER TABLE notify.n ALTER COLUMN a DROP NOT NULL",
  "CREATE INDEX CONCURRENTLY i ON notify.n (a)",
  "DROP INDEX notify.i",
  "DROP TRIGGER IF EXISTS keep ON notify.n; CREATE TRIGGER keep BEFORE DELETE ON notify.n EXECUTE FUNCTION notify.f()",
  "CREATE OR REPLACE FUNCTION notify.f() RETURNS void LANGUAGE sql AS $$ DROP TABLE notify.n $$",
  "COMMENT ON TABLE notify.n IS 'may not: DROP TABLE notify.n; never'",
  "SELECT 1 -- DROP TABLE notify.n;\n /* ; DROP TABLE notify.n; */",
  "SELECT 1;\n-- Down Migration\nDROP TABLE notify.n",
];
for (const sql of harmless)
  test(`breaks nothing: ${sql.replace(/\s+/g, " ").slice(0, 90)}`, () => assert.equal(breaks(sql), []));

test("a table that an earlier migration of the same deploy creates is in no release yet", () => {
  assert.equal(found("CREATE TABLE notify.fresh (a int);", "ALTER TABLE notify.fresh DROP COLUMN a;"), []);
});

test("each finding has its line and the reason that the file gives", () => {
  const sql = `-- Up Migration

CREATE TABLE notify.b ();
-- The values were copied.
-- contract after m0: nothing reads it since 1.4
ALTER TABLE notify.n
  DROP COLUMN a;
ALTER TABLE notify.n DROP COLUMN c;
-- contract: bare
DROP VIEW notify.v;`;
  assert.equal(
    found(sql).map(({ line, contract, after }) => [line, contract, after]),
    [
      [6, "nothing reads it since 1.4", "m0"],
      [8, null, null],
      [10, "bare", null],
    ],
  );
  assert.equal(refusals(found(sql), ["m0"]), [
    "m1, line 8: ALTER TABLE notify.n DROP COLUMN c: older code still reads and writes it",
  ]);
  assert.match(refusals(found(sql), [])[0] ?? "", /line 6.*; m0 is not applied yet, deploy it first/);
});

test("a marker without a reason does not count", () => {
  assert.is(found("-- contract:\nDROP TABLE notify.n;")[0]?.contract, null);
});

test("the migrations of this version split into statements, and each keeps its line", () => {
  for (const name of knownMigrations()) {
    const sql = readFileSync(`${migrationsDir}/${name}.sql`, "utf8");
    const lines = sql.split("\n");
    for (const { code, line } of statementsOf(sql))
      assert.ok(
        lines[line - 1]?.trim().startsWith(code.split(/[\s(;']/)[0] ?? "?"),
        `${name}:${line} ${code.slice(0, 40)}`,
      );
  }
});

test.run();
