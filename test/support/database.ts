import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { migrateUp } from "../../outbox/migrate.ts";
import { privatePostgres } from "./servers.ts";

export interface TestDatabase {
  /** Superuser, a database of this caller alone with every migration applied. */
  readonly url: string;
  /** Drops the database, also while clients are connected. */
  close(): Promise<void>;
}

const migrations = fileURLToPath(new URL("../../migrations/", import.meta.url));

// Any number will do as long as nothing else on a test server takes the same advisory lock.
const templateLock = 4_711_001;

/**
 * A fresh database, copied from a template that has the migrations applied. The server is the one the runner shares
 * (XNOVU_TEST_POSTGRES_URL), or one of its own when a file runs alone.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const shared = process.env.XNOVU_TEST_POSTGRES_URL;
  if (shared) return databaseOn(shared);
  const own = await privatePostgres();
  const database = await databaseOn(own.url);
  return { url: database.url, close: () => own.close() };
}

/** A fresh, migrated database on a server that the caller names by a superuser's address. */
export async function databaseOn(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await withClient(at(serverUrl, "postgres"), async (client) => {
    const template = await ensureTemplate(client, serverUrl);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const drop = () => withClient(at(serverUrl, "postgres"), (client) => client.query(`DROP DATABASE ${name} (FORCE)`));
  return { url: at(serverUrl, name), close: async () => void (await drop()) };
}

/** Makes the template once for each server and state of the migrations. Held by a lock, as files run side by side. */
async function ensureTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const template = `template_${migrationsHash()}`;
  await client.query("SELECT pg_advisory_lock($1)", [templateLock]);
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [template]);
    if (rowCount === 0) await makeTemplate(client, serverUrl, template);
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [templateLock]);
  }
  return template;
}

/** Migrates under another name: a template that is there is complete. */
async function makeTemplate(client: pg.Client, serverUrl: string, template: string): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await client.query(`DROP DATABASE IF EXISTS ${unfinished} (FORCE)`);
  await client.query(`CREATE DATABASE ${unfinished}`);
  await migrateUp(at(serverUrl, unfinished));
  await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  // Nobody may connect: a template with a connection cannot be copied.
  await client.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
}

function migrationsHash(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(migrations).sort())
    hash.update(`${name}\0`).update(readFileSync(join(migrations, name)));
  return hash.digest("hex").slice(0, 12);
}

function at(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** A pool for a test's own look at the rows. Its database is dropped, or its server restarted, while a connection may still be closing: not an error of the test. */
export function testPool(url: string, max = 1): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max });
  pool.on("error", () => undefined);
  return pool;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
