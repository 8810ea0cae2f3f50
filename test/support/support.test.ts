import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { databaseOn, type TestDatabase, testDatabase } from "./database.ts";
import { privatePostgres } from "./servers.ts";
import { testTemporal } from "./temporal.ts";

async function rows(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test("each database is migrated, and apart from every other", async () => {
  const databases: TestDatabase[] = await Promise.all([testDatabase(), testDatabase()]);
  const [one, two] = databases;
  try {
    for (const { url } of databases)
      assert.equal(await rows(url, "SELECT to_regclass('notify.notification') IS NOT NULL AS there"), [
        { there: true },
      ]);
    await rows(one?.url ?? "", "CREATE TABLE public.mine ()");
    assert.equal(await rows(two?.url ?? "", "SELECT to_regclass('public.mine') AS mine"), [{ mine: null }]);
  } finally {
    for (const database of databases) await database.close();
  }
});

test("closing drops the database under an open connection", async () => {
  const own = await privatePostgres();
  try {
    const database = await databaseOn(own.url);
    const client = new pg.Client({ connectionString: database.url });
    const ended = new Promise((resolve) => client.on("error", resolve));
    await client.connect();
    await database.close();
    await ended;
    const left = await rows(own.url, "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'");
    assert.equal(left, []);
    await own.restart();
    assert.is((await rows(own.url, "SELECT 1 AS one")).length, 1);
  } finally {
    await own.close();
  }
});

test("the Temporal server answers", async () => {
  const temporal = await testTemporal();
  assert.match(temporal.address, /^127\.0\.0\.1:\d+$/);
  await temporal.close();
});

test.run();
