import { type Diagnosis, diagnosisOf } from "../core/diagnosis/diagnosis.ts";
import { messageOf } from "../core/errors.ts";
import { maskUrl } from "../core/mask.ts";
import { isSchemaBehind, isUnavailable } from "./unavailable.ts";

export const poolerHint =
  "Point DATABASE_URL at the server itself or at a session-mode pooler (on Supabase: port 5432 instead of 6543).";
export const ownerHint = "Connect as the owner of schema notify, or grant the role what it lacks.";

/** What an error of Postgres means, where its cause lies outside the code; undefined for any other error. `url`: DATABASE_URL. */
export function explainPostgres(error: unknown, url: string): Diagnosis | undefined {
  const message = messageOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  // PgBouncer in statement mode refuses transactions as a protocol violation. Class 08 counts as unavailable, so this comes first.
  if (code === "08P01" && /pool/i.test(message)) return diagnosisOf(error, message, poolerHint);
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  if (isTimeout || isUnavailable(error))
    return diagnosisOf(
      error,
      `the database at ${maskUrl(url)} cannot be reached: ${message}`,
      "Check that it is up and that DATABASE_URL is right. `pnpm xnovu up` starts one on this machine.",
    );
  if (code === "28P01" || code === "28000" || code === "3D000")
    return diagnosisOf(
      error,
      `the database at ${maskUrl(url)} refused the connection: ${message}`,
      "Check the user, the password and the database name in DATABASE_URL.",
    );
  if (isSchemaBehind(error))
    return diagnosisOf(
      error,
      `the notification tables are missing or older than this version: ${message}`,
      "Run `pnpm xnovu migrate up`.",
    );
  if (code === "42501") return diagnosisOf(error, message, ownerHint);
  return undefined;
}

export const diagnosePostgres = (error: unknown, url: string): Diagnosis =>
  explainPostgres(error, url) ?? diagnosisOf(error, messageOf(error), "See the log of the database.");
