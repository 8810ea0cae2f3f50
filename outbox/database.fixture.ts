// Shared by the tests of this module: databases, rows in a given state, and connections that are closed again.
import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import type { Test } from "uvu";
import type { Status } from "../core/notification.ts";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { createPool } from "./pool.ts";
import { statement } from "./sql.ts";

/** A pool as the worker has it. */
export const poolOf = (url: string): pg.Pool =>
  createPool({ url, poolSize: 10, statementTimeoutMs: 15_000, name: "test" });

export interface Opened {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
}

/** A migrated database for the tests of a suite: made before the first test, dropped after the last. `onOpen` gets it before any other hook runs. */
export function openDatabase(
  test: Pick<Test, "before" | "after">,
  onOpen: (opened: Opened) => void,
  open: (url: string) => pg.Pool = poolOf,
): void {
  let opened: Opened | undefined;
  test.before(async () => {
    const database = await testDatabase();
    opened = { database, pool: open(database.url) };
    onOpen(opened);
  });
  test.after(async () => {
    await opened?.pool.end();
    await opened?.database.close();
  });
}

/** A statement of outbox/sql with these values. @throws Error when it has other parameters. */
export const queryOf = (name: string, values: Readonly<Record<string, unknown>> = {}): pg.QueryConfig =>
  statement(name, Object.keys(values)).query(values);

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The rows of one statement, on a connection of its own. */
export const rowsOf = <R extends pg.QueryResultRow = Record<string, unknown>>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> => withClient(url, async (client) => (await client.query<R>(text, values)).rows);

/** The same server, another database or another user. */
export function addressOf(url: string, change: { database?: string; user?: string; password?: string }): string {
  const result = new URL(url);
  if (change.database !== undefined) result.pathname = `/${change.database}`;
  if (change.user !== undefined) result.username = change.user;
  if (change.password !== undefined) result.password = change.password;
  return result.href;
}

/** A database without any migration. `drop` removes it even while clients are connected. */
export async function emptyDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = `empty_${process.pid}_${randomBytes(4).toString("hex")}`;
  const admin = addressOf(serverUrl, { database: "postgres" });
  await rowsOf(admin, `CREATE DATABASE ${database}`);
  return {
    url: addressOf(serverUrl, { database }),
    drop: async () => void (await rowsOf(admin, `DROP DATABASE ${database} (FORCE)`)),
  };
}

export interface Row {
  /** `acme` when absent. */
  readonly tenant?: string;
  readonly workflow?: string;
  readonly priority?: number;
  readonly scheduledInMs?: number;
  readonly recipients?: unknown;
  readonly maxAttempts?: number;
}

/** Inserts PENDING rows as a producer does, and returns their ids in that order. */
export async function insertRows(pool: pg.Pool, rows: readonly Row[]): Promise<string[]> {
  const ids: string[] = [];
  for (const row of rows) {
    const { rows: made } = await pool.query<{ id: string }>(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, priority, scheduled_for, max_attempts)
       VALUES ($6, $1, $2, $3, now() + $4 * interval '1 millisecond', $5) RETURNING id`,
      [
        row.workflow ?? "email",
        JSON.stringify(row.recipients ?? ["u1"]),
        row.priority ?? 50,
        row.scheduledInMs ?? null,
        row.maxAttempts ?? 8,
        row.tenant ?? "acme",
      ],
    );
    ids.push(made[0]?.id ?? "");
  }
  return ids;
}

/** The values that a state requires of its columns. */
export const columnsOf: Readonly<Record<Status, string>> = {
  PENDING: "lease_token = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL",
  PROCESSING:
    "lease_token = gen_random_uuid(), lease_owner = 'w', lease_until = now() + interval '1 minute', next_attempt_at = NULL",
  SENT: "lease_token = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL, sent_at = now()",
  FAILED: "lease_token = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = now(), error = 'e'",
  DEAD: "lease_token = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL, error = 'e'",
  RETRACTED: "lease_token = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL",
};

/** Legal paths from PENDING to each state. */
const waysTo: Readonly<Record<Status, readonly Status[]>> = {
  PENDING: [],
  PROCESSING: ["PROCESSING"],
  SENT: ["PROCESSING", "SENT"],
  FAILED: ["PROCESSING", "FAILED"],
  DEAD: ["DEAD"],
  RETRACTED: ["RETRACTED"],
};

/** A new row, brought to a state by legal changes only. */
export async function rowIn(pool: pg.Pool, status: Status): Promise<string> {
  const [id = ""] = await insertRows(pool, [{}]);
  for (const step of waysTo[status])
    await pool.query(`UPDATE notify.notification SET status = '${step}', ${columnsOf[step]} WHERE id = $1`, [id]);
  return id;
}

export const token = (): string => randomUUID();

/** The error that a promise rejects with, as Postgres names it. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<{ code?: string; constraint?: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  return { message: "no error" };
}
