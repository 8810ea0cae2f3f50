import { messageOf, SettingsError } from "../../../core/errors.ts";
import type { Logger } from "../../../core/log.ts";
import { isSchemaBehind, isUnavailable } from "../../../outbox/unavailable.ts";
import { Problem } from "./problem.ts";

const away = (detail: string): Problem => new Problem(503, { detail, headers: { "Retry-After": "5" } });

/** Anything thrown below a route, as the problem that the caller is told. What a stranger must not learn goes to the log alone. */
export function problemOf(error: unknown, log: Logger): Problem {
  if (error instanceof Problem) return error;
  const reason = messageOf(error);
  if (isUnavailable(error)) {
    log.warn({ reason }, "the API cannot reach the database");
    return away(
      "The database does not answer now. Send the request again after Retry-After seconds; with a transactionId nothing is sent twice.",
    );
  }
  if (error instanceof SettingsError || isSchemaBehind(error)) {
    log.error({ reason }, "the API cannot answer: run `pnpm xnovu doctor`");
    return away("The service is not set up completely. Its log says what is missing; try again later.");
  }
  log.error({ reason, stack: error instanceof Error ? error.stack : undefined }, "the API failed");
  return new Problem(500, { detail: "The request failed for a reason that is not yours. The service's log has it." });
}
