// Real errors of a real server, each made to happen.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PrivatePostgres, privatePostgres } from "../test/support/servers.ts";
import { addressOf, errorOf, rowsOf } from "./database.fixture.ts";
import { createPool, transaction } from "./pool.ts";
import { isSchemaBehind, isUnavailable } from "./unavailable.ts";

const test = suite("unavailable");
let server: PrivatePostgres;
let pool: pg.Pool;

test.before(async () => {
  server = await privatePostgres();
  pool = createPool({ url: server.url, poolSize: 4, statementTimeoutMs: 300, name: "test" });
});
test.after(async () => {
  await pool.end();
  await server.close();
});

async function expect(away: boolean, what: string, work: Promise<unknown>): Promise<void> {
  const error = await errorOf(work);
  assert.is.not(error.message, "no error", what);
  assert.is(isUnavailable(error), away, `${what}: ${error.code} ${error.message}`);
}
const inTransaction = (...texts: string[]) =>
  transaction(pool, async (client) => {
    for (const text of texts) await client.query(text);
  });

test("what the server cannot do for now counts as unavailable", async () => {
  await expect(true, "time limit", pool.query("SELECT pg_sleep(5)"));
  await expect(true, "own backend ended", inTransaction("SELECT pg_terminate_backend(pg_backend_pid())"));
  await expect(true, "read-only", inTransaction("SET TRANSACTION READ ONLY", "CREATE TABLE t ()"));
  await expect(true, "lock not available", lockedOut());
  await expect(true, "deadlock", deadlock());
  await expect(true, "no host", rowsOf("postgresql://u:p@no-such-host.invalid/d", "SELECT 1"));
  await expect(true, "closed port", rowsOf("postgresql://u:p@127.0.0.1:1/d", "SELECT 1"));
});

test("an error that a retry does not fix is not unavailability", async () => {
  await rowsOf(server.url, "CREATE TABLE IF NOT EXISTS held ()");
  await expect(false, "no table", pool.query("SELECT * FROM nothing_here"));
  await expect(
    false,
    "a table whose name speaks of a timeout",
    pool.query('SELECT * FROM "timeout: connection closed"'),
  );
  await expect(false, "syntax", pool.query("SELEC 1"));
  await expect(false, "constraint", pool.query("SELECT 1/0"));
  await expect(false, "no database", rowsOf(addressOf(server.url, { database: "none" }), "SELECT 1"));
  await expect(false, "wrong password", rowsOf(addressOf(server.url, { password: "x" }), "SELECT 1"));
  await expect(false, "a bug", Promise.reject(new TypeError("x is not a function")));
  for (const thrown of [undefined, null, "text", {}]) assert.not(isUnavailable(thrown), String(thrown));
});

test("a missing or old schema is recognised", async () => {
  for (const text of [
    "SELECT * FROM nothing_here",
    "SELECT * FROM no_schema.t",
    "SELECT no_function()",
    "SELECT no_column FROM pg_class",
  ])
    assert.ok(isSchemaBehind(await errorOf(pool.query(text))), text);
  assert.not(isSchemaBehind(await errorOf(pool.query("SELECT 1/0"))));
});

test("too many connections", async () => {
  await rowsOf(server.url, "CREATE ROLE narrow LOGIN PASSWORD 'pw' CONNECTION LIMIT 0");
  await expect(true, "too many", rowsOf(addressOf(server.url, { user: "narrow", password: "pw" }), "SELECT 1"));
});

test("after a transaction lost its connection the next one gets a working connection", async () => {
  for (let i = 0; i < 8; i++) await errorOf(inTransaction("SELECT pg_terminate_backend(pg_backend_pid())"));
  assert.is((await pool.query("SELECT 1")).rowCount, 1);
  await errorOf(inTransaction("CREATE TABLE rolled_back ()", "SELECT 1/0"));
  assert.is((await pool.query("SELECT FROM pg_class WHERE relname = 'rolled_back'")).rowCount, 0);
});

test("a server that stops, is away, crashes and comes back", async () => {
  const running = pool.query("SELECT pg_sleep(0.25)");
  const stopped = server.server.stop();
  await expect(true, "stopped under a query", running);
  await stopped;
  await expect(true, "away", pool.query("SELECT 1"));
  await server.restart();
  assert.is((await pool.query("SELECT 1")).rowCount, 1);
  await server.server.kill("SIGQUIT");
  await expect(true, "crashed", pool.query("SELECT 1"));
  await server.restart();
  assert.is((await pool.query("SELECT 1")).rowCount, 1);
});

async function lockedOut(): Promise<void> {
  const holder = await pool.connect();
  try {
    await holder.query("SELECT pg_advisory_lock(7)");
    await inTransaction("SET LOCAL lock_timeout = '20ms'", "SELECT pg_advisory_lock(7)");
  } finally {
    holder.release(true);
  }
}

async function deadlock(): Promise<void> {
  const [one, two] = [await pool.connect(), await pool.connect()];
  try {
    for (const client of [one, two]) await client.query("SET statement_timeout = 0; SET deadlock_timeout = '50ms'");
    await one.query("SELECT pg_advisory_lock(1)");
    await two.query("SELECT pg_advisory_lock(2)");
    // The one that the server picks fails; the other goes on when that one's session ends.
    await Promise.race([one.query("SELECT pg_advisory_lock(2)"), two.query("SELECT pg_advisory_lock(1)")]);
  } finally {
    for (const client of [one, two]) client.release(true);
  }
}

test.run();
