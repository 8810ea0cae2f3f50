import { messageOf } from "../core/errors.ts";
import { isSchemaBehind, isUnavailable } from "../outbox/unavailable.ts";

/** The worker waits for both: for Postgres to come back, and for someone to run a migration. */
export const isDatabaseAway = (error: unknown): boolean => isUnavailable(error) || isSchemaBehind(error);

export const whyAway = (error: unknown): string =>
  isSchemaBehind(error)
    ? `the notification tables are missing or older than this version: run \`pnpm xnovu migrate up\` (${messageOf(error)})`
    : messageOf(error);
