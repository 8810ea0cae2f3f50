import type { Pool } from "pg";
import { messageOf, UsageError, XnovuError } from "../../core/errors.ts";
import type { Context } from "./command.ts";
import { settingsOf } from "./settings.ts";

/** The connection string, or a SettingsError (exit 78). */
export const databaseUrl = async (context: Context): Promise<string> =>
  (await settingsOf(context, "database")).database.url;

/** Runs `work` with a small pool. @throws XnovuError with a hint when the database is unreachable or has no schema yet. */
export async function withPool<T>(context: Context, work: (pool: Pool) => Promise<T>): Promise<T> {
  const { database } = await settingsOf(context, "database");
  const { createPool } = await import("../../outbox/pool.ts");
  const pool = createPool({ ...database, poolSize: 2, name: "xnovu-cli" });
  try {
    return await work(pool);
  } catch (error) {
    throw await explainDatabase(error, database.url);
  } finally {
    await pool.end();
  }
}

/** Turns an error of Postgres with a cause outside the code into an XnovuError with a hint. Returns others unchanged. */
export async function explainDatabase(error: unknown, url: string): Promise<unknown> {
  if (error instanceof XnovuError) return error;
  const { explainPostgres } = await import("../../outbox/diagnosis.ts");
  const known = explainPostgres(error, url);
  if (known !== undefined) return new XnovuError(known.message, { hint: known.hint });
  // Classes 22 and 23 of the PostgreSQL manual, appendix A: the database refuses the values.
  const { code, hint } = (error ?? {}) as { code?: unknown; hint?: string };
  return typeof code === "string" && /^2[23]/.test(code) ? new UsageError(messageOf(error), hint) : error;
}
