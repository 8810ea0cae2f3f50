import { messageOf } from "../core/errors.ts";

const networkCodes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/**
 * 08 connection, 53 resources; 57P01 to 57P05 shutdown and the like, 57014 statement time limit, 55P03 lock time limit, 25006 read-only,
 * 58030 I/O; 40001 and 40P01 conflicts with another transaction. Source: PostgreSQL manual, appendix A.
 */
const passingStates = /^(08...|53...|57P0[1-5]|57014|55P03|25006|58030|40001|40P01)$/;

/**
 * Whether an error says that Postgres is unavailable for now (down, restarting, frozen, full, read-only, unreachable). An error of the code or of
 * the schema is not worth a retry.
 */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") {
    if (networkCodes.test(code)) return true;
    // An SQLSTATE is enough. The message may name a table or quote a value and adds nothing.
    if (/^[0-9A-Z]{5}$/.test(code)) return passingStates.test(code);
  }
  return /timeout|timed out|Connection terminated|connection .*closed|not queryable|Client was closed/i.test(
    messageOf(error),
  );
}

/** Whether an error says that the schema is missing or older than the code: a schema, table, column or function does not exist. */
export const isSchemaBehind = (error: unknown): boolean =>
  ["3F000", "42P01", "42703", "42883"].includes(String((error as { code?: unknown } | null)?.code));
