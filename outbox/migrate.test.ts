import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { dumpSchema } from "../scripts/dev/schema-dump.ts";
import { type PrivatePostgres, privatePostgres } from "../test/support/servers.ts";
import { emptyDatabase, rowsOf, withClient } from "./database.fixture.ts";
import { compare, knownMigrations, migrate, migrateUp, migrationStatus, pendingMigrations } from "./migrate.ts";

const known = knownMigrations();
const versions = ["15", "18"] as const;
const servers = new Map<string, PrivatePostgres>();

test.before(async () => {
  const started = await Promise.all(versions.map((version) => privatePostgres(version)));
  versions.forEach((version, i) => {
    const server = started[i];
    if (server) servers.set(version, server);
  });
});
test.after(async () => {
  await Promise.all([...servers.values()].map((server) => server.close()));
});

const dump = (url: string) => withClient(url, dumpSchema);

async function onFresh(version: string, work: (url: string) => Promise<void>): Promise<void> {
  const { url, drop } = await emptyDatabase(servers.get(version)?.url ?? "");
  try {
    await work(url);
  } finally {
    await drop();
  }
}

for (const version of versions) {
  test(`Postgres ${version}: up, status, up again does nothing`, () =>
    onFresh(version, async (url) => {
      const before = await migrationStatus(url);
      assert.equal(before, { applied: [], pending: known, unknown: [] });
      assert.equal(await migrate(url, { direction: "up", count: 2 }), known.slice(0, 2));
      assert.equal((await migrationStatus(url)).pending, known.slice(2));
      assert.equal(await migrateUp(url), known.slice(2));
      assert.equal(await migrateUp(url), []);
      const { applied, pending, unknown } = await migrationStatus(url);
      assert.equal([applied.map(({ name }) => name), pending, unknown], [known, [], []]);
      assert.ok(applied.every(({ at }) => Math.abs(Date.parse(at) - Date.now()) < 60_000));
    }));

  test(`Postgres ${version}: down takes back one, then all, and up again makes the same schema`, () =>
    onFresh(version, async (url) => {
      await migrateUp(url);
      const first = await dump(url);
      assert.equal(await migrate(url, { direction: "down" }), known.slice(-1));
      assert.equal((await migrationStatus(url)).pending, known.slice(-1));
      await migrateUp(url);
      assert.is(await dump(url), first);
      assert.equal(await migrate(url, { direction: "down", count: Number.POSITIVE_INFINITY }), [...known].reverse());
      assert.is((await dump(url)).trim(), "CREATE SCHEMA notify;", "something stayed behind");
      await migrateUp(url);
      assert.is(await dump(url), first);
    }));

  test(`Postgres ${version}: two runs at once end well, and each migration is applied once`, () =>
    onFresh(version, async (url) => {
      const runs = await Promise.all([migrateUp(url), migrateUp(url), migrateUp(url)]);
      assert.equal(runs.flat(), known);
      assert.is((await migrationStatus(url)).applied.length, known.length);
    }));
}

test("a run waits for the lock of another, and then finds nothing to do", () =>
  onFresh("18", async (url) => {
    await migrateUp(url);
    await withClient(url, async (other) => {
      // Whatever lock node-pg-migrate takes: found by watching a run that is held up.
      await other.query("BEGIN; LOCK TABLE notify.schema_migration");
      const held = migrateUp(url);
      const lock = await advisoryLock(url);
      const waiting = migrateUp(url);
      await waitFor(async () => (await waiters(url, lock)) === 1);
      await other.query("COMMIT");
      assert.equal(await Promise.all([held, waiting]), [[], []]);
    });
  }));

test("`migrate status --check` reports it by its exit code", () =>
  onFresh("18", async (url) => {
    assert.is((await statusCheck(url)).code, 1, "nothing is applied");
    await migrateUp(url);
    assert.is((await statusCheck(url)).code, 0, "all is applied");
    await rowsOf(url, "INSERT INTO notify.schema_migration (name, run_on) VALUES ('29990101000000000_later', now())");
    const ahead = await statusCheck(url);
    assert.is(ahead.code, 1, "the database is ahead");
    assert.match(ahead.output, /29990101000000000_later +unknown/);
    assert.is((await statusCheck("")).code, 78, "no database is named");
  }));

test("pendingMigrations returns all, the last ones or none, and ignores those that only the database has", () =>
  onFresh("18", (url) =>
    withClient(url, async (client) => {
      assert.equal(await pendingMigrations(client), known);
      await migrate(url, { direction: "up", count: known.length - 1 });
      assert.equal(await pendingMigrations(client), known.slice(-1));
      await migrateUp(url);
      assert.equal(await pendingMigrations(client), []);
      await client.query(
        "INSERT INTO notify.schema_migration (name, run_on) VALUES ('29990101000000000_later', now())",
      );
      assert.equal(await pendingMigrations(client), []);
    }),
  ));

test("notify.enqueue gets a parameter, and the same roles may call it before and after, up and down", () =>
  onFresh("18", async (url) => {
    const mayCall = async () =>
      (
        await rowsOf<{ role: string; may: boolean }>(
          url,
          `SELECT role, has_function_privilege(role, oid, 'EXECUTE') AS may FROM pg_proc, unnest(ARRAY['traced caller', 'traced_stranger']) AS role
           WHERE proname LIKE 'enqueue%' ORDER BY role`,
        )
      ).map(({ role, may }) => [role, may]);
    const asGranted = [
      ["traced caller", true],
      ["traced_stranger", false],
    ];
    const index = known.indexOf("20261101000005000_traceparent");
    await migrate(url, { direction: "up", count: index });
    try {
      await rowsOf(url, 'CREATE ROLE "traced caller"; CREATE ROLE traced_stranger');
      await rowsOf(url, 'GRANT EXECUTE ON FUNCTION notify.enqueue TO "traced caller"');
      assert.equal(await mayCall(), asGranted);
      await migrate(url, { direction: "up", count: 1 });
      assert.equal(await mayCall(), asGranted);
      await migrate(url, { direction: "down" });
      assert.equal(await mayCall(), asGranted);
    } finally {
      await rowsOf(url, 'DROP OWNED BY "traced caller", traced_stranger; DROP ROLE "traced caller", traced_stranger');
    }
  }));

test("a migration that is in the database and not in the code is reported", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const status = compare(
    ["a", "b"],
    [
      { name: "a", at },
      { name: "z", at },
    ],
  );
  assert.equal([status.pending, status.unknown], [["b"], ["z"]]);
});

test("the migrations folder holds only migrations: the runner takes every file there for one", () => {
  assert.ok(known.length >= 5);
  assert.equal(known, [...known].sort());
});

async function statusCheck(url: string): Promise<{ code: unknown; output: string }> {
  const cli = fileURLToPath(new URL("../scripts/xnovu.mjs", import.meta.url));
  const env = { ...process.env, DATABASE_URL: url };
  return promisify(execFile)(process.execPath, [cli, "migrate", "status", "--check"], { env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: Error & { code?: unknown; stdout?: string }) => ({ code: error.code, output: error.stdout ?? "" }),
  );
}

const lockRows =
  "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

async function advisoryLock(url: string): Promise<string> {
  let found: string | undefined;
  await waitFor(async () => {
    found = (await rowsOf<{ id: string }>(url, `SELECT classid || ':' || objid AS id ${lockRows} AND granted`))[0]?.id;
    return found !== undefined;
  });
  return found ?? "";
}

async function waiters(url: string, lock: string): Promise<number> {
  const rows = await rowsOf(url, `SELECT 1 ${lockRows} AND NOT granted AND classid || ':' || objid = $1`, [lock]);
  return rows.length;
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("it did not come about within 5 s");
}

test.run();
