import { messageOf, SettingsError } from "../../../core/errors.ts";
import type { Logger } from "../../../core/log.ts";
import { isSchemaBehind, isUnavailable } from "../../../outbox/unavailable.ts";
import { Problem } from "./problem.ts";

const unavailable = (detail: string): Problem => new Problem(503, { detail, headers: { "Retry-After": "5" } });

/** Turns anything that a route throws into the problem for the caller. Internal details go to the log only. */
export function problemFrom(error: unknown, log: Logger): Problem {
  if (error instanceof Problem) return error;
  const reason = messageOf(error);
  if (isUnavailable(error)) {
    log.warn({ reason }, "the API cannot reach the database");
    return unavailable(
      "The database is not available. Send the request again after Retry-After seconds; with a transactionId nothing is sent twice.",
    );
  }
  if (error instanceof SettingsError || isSchemaBehind(error)) {
    log.error({ reason }, "the API is not set up: run `pnpm xnovu doctor`");
    return unavailable("The service is not set up completely. Its log names what is missing; try again later.");
  }
  log.error({ reason, stack: error instanceof Error ? error.stack : undefined }, "the API failed");
  return new Problem(500, { detail: "The request failed because of an error in the service. Its log has the reason." });
}
