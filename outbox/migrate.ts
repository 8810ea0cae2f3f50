import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import type { Pool } from "pg";
import { openClient } from "./connection.ts";

export const migrationsDir = fileURLToPath(new URL("../migrations", import.meta.url));
const schema = "notify";
const table = "schema_migration";

export interface MigrateOptions {
  readonly direction: "up" | "down";
  /** How many to run. Default: all for `up`, 1 for `down`. */
  readonly count?: number;
  readonly log?: (line: string) => void;
}

/**
 * Applies or reverts migrations in one transaction, under an advisory lock that waits for another run to end.
 * Returns the names of the migrations that it ran, in order.
 */
export async function migrate(
  databaseUrl: string,
  { direction, count, log = () => undefined }: MigrateOptions,
): Promise<string[]> {
  const client = await openClient({
    url: databaseUrl,
    statementTimeoutMs: 0,
    name: "xnovu-migrate",
    connectTimeoutMs: 10_000,
  });
  const done = await runner({
    dbClient: client,
    dir: migrationsDir,
    direction,
    count: count ?? (direction === "up" ? Number.POSITIVE_INFINITY : 1),
    migrationsSchema: schema,
    createMigrationsSchema: true,
    migrationsTable: table,
    advisoryLockMode: "wait",
    verbose: false,
    logger: { debug: () => undefined, info: log, warn: log, error: log },
  }).finally(() => client.end());
  return done.map(({ name }) => name);
}

export const migrateUp = (databaseUrl: string): Promise<string[]> => migrate(databaseUrl, { direction: "up" });

export interface MigrationStatus {
  readonly applied: readonly { readonly name: string; readonly at: string }[];
  /** In the code and not in the database. */
  readonly pending: readonly string[];
  /** In the database and not in the code: the schema is ahead of this version. */
  readonly unknown: readonly string[];
}

/** The names of the migrations of this version, in order. */
export function knownMigrations(dir = migrationsDir): string[] {
  return readdirSync(dir)
    .filter((file) => /^\d+_.*\.(sql|ts)$/.test(file))
    .map((file) => file.replace(/\.(sql|ts)$/, ""))
    .sort();
}

/** Compares the migrations of this version with those in the database. Throws the error of `pg` when it cannot be reached. */
export async function migrationStatus(databaseUrl: string): Promise<MigrationStatus> {
  const client = await openClient({ url: databaseUrl, statementTimeoutMs: 15_000, name: "xnovu-migrate" });
  try {
    return compare(knownMigrations(), await appliedMigrations(client));
  } finally {
    await client.end();
  }
}

export function compare(
  known: readonly string[],
  applied: readonly { readonly name: string; readonly at: string }[],
): MigrationStatus {
  const names = new Set(applied.map(({ name }) => name));
  return {
    applied,
    pending: known.filter((name) => !names.has(name)),
    unknown: applied.map(({ name }) => name).filter((name) => !known.includes(name)),
  };
}

/** The names of the migrations of this version that the database lacks. Throws the error of `pg` when it cannot be reached. */
export const pendingMigrations = async (client: Pick<Pool, "query">): Promise<readonly string[]> =>
  compare(knownMigrations(), await appliedMigrations(client)).pending;

/** The applied migrations, in order; none where the table is missing. Throws the error of `pg` when it cannot be reached. */
export async function appliedMigrations(client: Pick<Pool, "query">): Promise<{ name: string; at: string }[]> {
  const { rows: found } = await client.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
    `${schema}.${table}`,
  ]);
  if (!found[0]?.there) return [];
  const { rows } = await client.query<{ name: string; run_on: Date }>(
    `SELECT name, run_on FROM ${schema}.${table} ORDER BY id`,
  );
  return rows.map(({ name, run_on }) => ({ name, at: run_on.toISOString() }));
}

/** The SQL of a migration, up and down; empty for a migration that is a program. */
export function migrationText(name: string): string {
  const path = join(migrationsDir, `${name}.sql`);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

export const migrationPath = (name: string): string => join(migrationsDir, name);
