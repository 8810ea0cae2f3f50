import { test } from "uvu";
import * as assert from "uvu/assert";
import type { XnovuError } from "../../core/errors.ts";
import { doctorError, type Finding, judgeMigrations, type Migrations } from "./checks.ts";

const finding = (check: string, state: string): Finding => ({ check, state, found: "it is so", todo: "do this" });

const doctor: readonly (readonly [what: string, found: readonly Finding[], code: number | undefined])[] = [
  ["all is well", [finding("postgres", "ok"), finding("novu", "warn")], undefined],
  ["a bad setting", [finding("setting DATABASE_URL", "bad"), finding("novu", "down")], 78],
  ["a dependency that is down", [finding("temporal", "down")], 1],
  [
    "what a deploy fixes",
    [finding("postgres schema", "down"), finding("temporal task queue", "down"), finding("novu workflows", "down")],
    undefined,
  ],
  ["what passes by itself", [finding("sending", "down"), finding("worker", "down")], undefined],
];
for (const [what, found, code] of doctor) test(`doctor: ${what}`, () => assert.is(doctorError(found)?.exitCode, code));

test("doctor: each line says what to do", () => {
  assert.match(doctorError([finding("novu", "down")])?.message ?? "", /\n {2}novu: it is so → do this$/);
});

const migrations = (contract: string | null, applied: readonly string[] = ["m1"]): Migrations => ({
  applied: applied.map((name) => ({ name })),
  pending: ["m2"],
  destructive: [
    { migration: "m2", line: 3, statement: "DROP TABLE t", breaks: "older code still uses it", contract, after: null },
  ],
});

test("migrations: what breaks the release that serves is refused, unless it is allowed", () => {
  assert.throws(
    () => judgeMigrations(migrations(null), 8, 7, false),
    (error: XnovuError) =>
      /would break r7, which serves requests while r8 starts:\n {2}m2, line 3: DROP TABLE t/.test(error.message),
  );
  assert.is(judgeMigrations(migrations(null), 8, 7, true), 8, "no earlier release works with the schema then");
  assert.is(
    judgeMigrations(migrations("no code reads it"), 8, 7, false),
    7,
    "the release before works, earlier ones may not",
  );
  assert.is(judgeMigrations({ ...migrations(null), destructive: [] }, 8, 7, false), undefined);
  assert.is(
    judgeMigrations(migrations(null, []), 1, undefined, false),
    undefined,
    "on an empty database no running code can break",
  );
});

test.run();
