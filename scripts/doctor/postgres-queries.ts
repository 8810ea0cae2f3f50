import type { Pool, PoolClient } from "pg";
import type { MigrationStatus } from "../../outbox/migrate.ts";

export interface ServerFacts {
  /** As `180001`. */
  readonly version: number;
  readonly database: string;
  readonly user: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** A replica, or set to read-only. */
  readonly readOnly: boolean;
}

/** Backends behind two connections: `first` before and `second` while the other connection, on backend `other`, held a transaction open. */
export interface SessionFacts {
  readonly first: number;
  readonly second: number;
  readonly other: number;
  /** The process id that the server announced at connect; a pooler invents one. */
  readonly announced: number | null;
}

export interface RightsFacts {
  /** Row-level security hides rows from this role. */
  readonly rowSecurity: boolean;
  /** Privileges that the worker needs and the role lacks, such as `UPDATE on notify.notification`. */
  readonly missing: readonly string[];
}

export interface PauseFacts {
  readonly pausedMs: number;
  readonly reason: string | null;
  readonly needsPerson: boolean;
  readonly breakerOpens: number;
  readonly since: string | null;
}

export interface ClockFacts {
  /** Milliseconds by which the database's clock is ahead of this machine's. */
  readonly aheadMs: number;
  /** The possible error in milliseconds: half of the round trip. */
  readonly errorMs: number;
}

export async function serverOf(pool: Pool): Promise<ServerFacts> {
  const { rows } = await pool.query<Omit<ServerFacts, "startedAt"> & { started: Date }>(
    `SELECT current_setting('server_version_num')::int AS version, current_database() AS database, current_user AS user,
            pg_postmaster_start_time() AS started, current_setting('transaction_read_only') = 'on' AS "readOnly"`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the server returned no row");
  const { started, ...facts } = row;
  return { ...facts, startedAt: started.toISOString() };
}

/** Whether the transactions of one connection run on different backends. */
export const switchesBackend = ({ first, second, other }: SessionFacts): boolean => first !== second || first === other;

export async function sessionOf(pool: Pool): Promise<SessionFacts> {
  const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
  // The query reports a broken connection; without a listener the error event would end the process.
  for (const client of [one, two]) client.on("error", () => undefined);
  try {
    const announced = (one as unknown as { processID?: number | null }).processID ?? null; // missing in pg's types
    let facts: SessionFacts;
    let round = 0;
    do {
      const first = await backendOf(one);
      await two.query("BEGIN");
      const other = await backendOf(two);
      const second = await backendOf(one);
      await two.query("ROLLBACK");
      facts = { first, second, other, announced };
      // A pooler that others use too may return the same backend by chance.
    } while (!switchesBackend(facts) && announced !== facts.first && ++round < 3);
    return facts;
  } finally {
    // true: close them, because the pool may no longer know which backend they use.
    for (const client of [one, two]) client.release(true);
  }
}

const backendOf = async (client: PoolClient): Promise<number> =>
  (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid ?? 0;

export async function schemaOf(pool: Pool): Promise<MigrationStatus> {
  const { appliedMigrations, compare, knownMigrations } = await import("../../outbox/migrate.ts");
  return compare(knownMigrations(), await appliedMigrations(pool));
}

/** The privileges that the statements in outbox/sql need. */
const needed = [
  ["notification", "SELECT"],
  ["notification", "UPDATE"],
  ["notification_recipient", "SELECT"],
  ["notification_recipient", "INSERT"],
  ["lease", "SELECT"],
  ["lease", "DELETE"],
  ["sending_pause", "SELECT"],
  ["sending_pause", "UPDATE"],
] as const;

export async function rightsOf(pool: Pool): Promise<RightsFacts> {
  // Reads the catalogue: a role without USAGE on the schema cannot resolve a name in it, and that is one of the cases to report.
  const { rows } = await pool.query<{ table: string; needed: string; may: boolean; hidden: boolean }>(
    `SELECT c.relname AS table, n.needed, has_table_privilege(c.oid, n.needed) AND has_schema_privilege(s.oid, 'USAGE') AS may,
            row_security_active(c.oid) AS hidden
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (name, needed, nth)
     JOIN pg_class c ON c.relname = n.name JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'notify'
     ORDER BY nth`,
    [needed.map(([table]) => table), needed.map(([, right]) => right)],
  );
  return {
    rowSecurity: rows.some(({ hidden }) => hidden),
    missing: rows.filter(({ may }) => !may).map((row) => `${row.needed} on notify.${row.table}`),
  };
}

export async function pauseFactsOf(pool: Pool): Promise<PauseFacts> {
  const { sql } = await import("../../outbox/sql.ts");
  const { rows } = await pool.query<{
    paused_ms: number;
    reason: string | null;
    needs_person: boolean;
    breaker_opens: number;
    since: Date | null;
  }>(sql("pause-read"));
  const [row] = rows;
  if (row === undefined) throw new Error("notify.sending_pause has no row");
  const { paused_ms: pausedMs, needs_person: needsPerson, since, reason, breaker_opens: breakerOpens } = row;
  return { pausedMs: Math.ceil(pausedMs), reason, needsPerson, breakerOpens, since: since?.toISOString() ?? null };
}

export async function clockOf(pool: Pool): Promise<ClockFacts> {
  const client = await pool.connect();
  try {
    const before = Date.now();
    const { rows } = await client.query<{ now: string }>("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
    const after = Date.now();
    return {
      aheadMs: Math.round(Number(rows[0]?.now) - (before + after) / 2),
      errorMs: Math.ceil((after - before) / 2) + 1,
    };
  } finally {
    client.release();
  }
}
