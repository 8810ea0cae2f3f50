import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../core/errors.ts";
import { createKey, findKey, listKeys, revokeKey } from "./api-keys.ts";
import { errorOf, openDatabase } from "./database.fixture.ts";

const test = suite("api keys");
let pool: pg.Pool;

openDatabase(test, (opened) => {
  pool = opened.pool;
});

test("a key is found by its text until it is revoked, and its text is not in the database", async () => {
  const { key, ...about } = await createKey(pool, "acme", "shop");
  assert.match(key, /^xnk_[A-Za-z0-9_-]{32}$/);
  assert.equal(await findKey(pool, key), about);
  assert.not.match(JSON.stringify((await pool.query("SELECT * FROM notify.api_key")).rows), key.slice(4));
  for (const other of [`${key}x`, key.slice(0, -1), key.toUpperCase(), "", "xnk_", `xnk_${"a".repeat(32)}`, "a\u0000b"])
    assert.is(await findKey(pool, other), undefined, other);
  assert.equal(await revokeKey(pool, about.id), about);
  assert.is(await findKey(pool, key), undefined);
  assert.is(await revokeKey(pool, about.id), undefined);
  assert.is(await revokeKey(pool, "4711"), undefined);
});

test("two keys are never equal, and a list shows each tenant's keys with their last use and their end", async () => {
  const first = await createKey(pool, "list", "one");
  const second = await createKey(pool, "list", "one");
  assert.is.not(first.key, second.key);
  await findKey(pool, second.key);
  await revokeKey(pool, first.id);
  const keys = await listKeys(pool, "list");
  assert.equal(
    keys.map(({ id, name, lastUsedAt, revokedAt }) => [id, name, lastUsedAt !== null, revokedAt !== null]),
    [
      [first.id, "one", false, true],
      [second.id, "one", true, false],
    ],
  );
  assert.ok((await listKeys(pool)).length > keys.length);
});

test("the last use of a key is written at most once a minute", async () => {
  const { key, id } = await createKey(pool, "acme", "busy");
  const version = async () =>
    (await pool.query<{ xmin: string }>("SELECT xmin FROM notify.api_key WHERE id = $1", [id])).rows[0]?.xmin;
  const made = await version();
  await findKey(pool, key);
  const used = await version();
  assert.is.not(used, made);
  await findKey(pool, key);
  assert.is(await version(), used);
  await pool.query("UPDATE notify.api_key SET last_used_at = now() - interval '61 seconds' WHERE id = $1", [id]);
  const old = await version();
  await findKey(pool, key);
  assert.is.not(await version(), old);
});

test("an invalid tenant id and an invalid name are refused", async () => {
  for (const [tenant, name] of [
    ["", "n"],
    ["a:b", "n"],
    ["a".repeat(101), "n"],
    ["acme", " "],
    ["acme", "two\nlines"],
    ["acme", "x".repeat(101)],
  ] as const)
    assert.instance(await errorOf(createKey(pool, tenant, name)), UsageError, `${tenant} ${name}`);
});

test.run();
