import type { Pool } from "pg";
import { messageOf, UsageError, XnovuError } from "../../core/errors.ts";
import { maskUrl } from "../../core/mask.ts";
import type { Context } from "./command.ts";
import { settingsOf } from "./settings.ts";

/** The connection string, or a SettingsError (exit 78). */
export const databaseUrl = async (context: Context): Promise<string> =>
  (await settingsOf(context, "database")).database.url;

/** Runs `work` with a small pool. A database that cannot be reached, or has no schema yet, is said with what to do. */
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

/** An error of Postgres as a sentence for people, where it is one that people cause. */
export async function explainDatabase(error: unknown, url: string): Promise<unknown> {
  if (error instanceof XnovuError) return error;
  const { isSchemaBehind, isUnavailable } = await import("../../outbox/unavailable.ts");
  const code = (error as { code?: unknown } | null)?.code;
  if (isUnavailable(error))
    return new XnovuError(`the database at ${maskUrl(url)} cannot be reached: ${messageOf(error)}`, {
      hint: "Is it up, and is DATABASE_URL right? `pnpm xnovu up` starts one here.",
    });
  if (code === "28P01" || code === "28000" || code === "3D000")
    return new XnovuError(`the database at ${maskUrl(url)} refused the connection: ${messageOf(error)}`, {
      hint: "Check user, password and database name in DATABASE_URL.",
    });
  if (isSchemaBehind(error))
    return new XnovuError(`the notification tables are missing or older than this version: ${messageOf(error)}`, {
      hint: "Run `pnpm xnovu migrate up`.",
    });
  // Classes 22 and 23 of the manual's appendix A: the database refuses what it was given.
  if (typeof code === "string" && /^2[23]/.test(code))
    return new UsageError(messageOf(error), (error as { hint?: string }).hint);
  return error;
}
