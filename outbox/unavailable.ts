import { messageOf } from "../core/errors.ts";

/**
 * Whether an error says that Postgres cannot serve now (down, restarting, frozen, full, read-only, unreachable) rather than that the code or
 * the schema is wrong. Only the first is worth waiting for. Source of the codes: PostgreSQL manual, appendix A.
 */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") {
    if (/^(08|53)/.test(code)) return true; // connection exception, insufficient resources
    if (/^57P0[1-5]$/.test(code) || code === "57014" || code === "25006" || code === "58030") return true; // shutdown, time limit, read-only, I/O
    if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code))
      return true;
  }
  return /timeout|timed out|Connection terminated|connection .*closed|not queryable|Client was closed/i.test(
    messageOf(error),
  );
}

/** Whether an error says that the schema is missing or older than the code: a schema, table, column or function that is not there. */
export const isSchemaBehind = (error: unknown): boolean =>
  ["3F000", "42P01", "42703", "42883"].includes(String((error as { code?: unknown } | null)?.code));
