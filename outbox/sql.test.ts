// The statements of outbox/sql: every file can be read, and a call passes exactly the parameters of its file.
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sqlText, statement } from "./sql.ts";

const test = suite("sql");
const folder = new URL("sql/", import.meta.url);
const namesIn = (url: URL) =>
  readdirSync(url)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.replace(/\.sql$/, ""));

test("every statement resolves, and every part is included somewhere", () => {
  for (const name of namesIn(folder)) assert.match(sqlText(name).text, `-- ${name}\n`);
  const texts = [...namesIn(folder), ...namesIn(new URL("parts/", folder)).map((part) => `parts/${part}`)].map((name) =>
    readFileSync(new URL(`${name}.sql`, folder), "utf8"),
  );
  for (const part of namesIn(new URL("parts/", folder)))
    assert.ok(
      texts.some((text) => new RegExp(`-- @include ${part}\\b(?!-)`).test(text)),
      part,
    );
});

test("the first line of a statement says which state change it is", () => {
  const change =
    /^-- ((PENDING|PROCESSING|SENT|FAILED|DEAD|RETRACTED|\(nothing\)|A key|No state change|Sending|The circuit breaker|A worker|The :probe)\b|\(nothing\))/;
  for (const name of namesIn(folder)) assert.match(readFileSync(new URL(`${name}.sql`, folder), "utf8"), change, name);
});

test("a call passes the values by name, in camelCase, in any order", () => {
  const renew = statement("renew", ["token", "ids", "leaseMs"]);
  assert.equal(renew.query({ ids: ["1"], token: "t", leaseMs: 5 }).values, [5, ["1"], "t"]);
  assert.match(
    renew.text,
    "lease_until = now() + $1 * interval '1 millisecond'\nWHERE id = ANY ($2::bigint[]) AND lease_token = $3::uuid",
  );
  assert.is(renew.prepared({ ids: [], token: "t", leaseMs: 5 }).name, "renew");
  assert.is(renew.query({ ids: [], token: "t", leaseMs: 5 }).name, undefined);
});

test("a statement that is loaded with other parameters than its file has is an error", () => {
  assert.throws(() => statement("renew", ["token", "ids"]), "outbox/sql/renew.sql: leaseMs is not passed");
  assert.throws(() => statement("pause-read", ["now"]), "outbox/sql/pause-read.sql: now is not in the file");
  assert.throws(() => sqlText("no-such-file"), "outbox/sql/no-such-file.sql: ENOENT");
});

test("a missing and an unknown value are errors; NULL is null", () => {
  // Declared as a record of anything: the compiler refuses both below for a statement with literal names.
  const list = statement<string>("list-dead-ids", ["limit", "enterpriseId"]);
  assert.throws(() => list.query({ limit: 1 }), "list-dead-ids: the parameter enterpriseId has no value");
  assert.throws(() => list.query({ limit: 1, enterpriseId: undefined }), "pass null for NULL");
  assert.throws(() => list.query({ limit: 1, enterpriseId: null, tenant: "x" }), "there is no parameter tenant");
  assert.equal(list.query({ limit: 1, enterpriseId: null }).values, [null, 1]);
});

test.run();
