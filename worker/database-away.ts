import { messageOf } from "../core/errors.ts";
import { isSchemaBehind, isUnavailable } from "../outbox/unavailable.ts";

/** Both are waited for: a database that comes back, and a migration that someone runs. */
export const isDatabaseAway = (error: unknown): boolean => isUnavailable(error) || isSchemaBehind(error);

export const whyAway = (error: unknown): string =>
  isSchemaBehind(error)
    ? `the notification tables are missing or older than this version: run \`pnpm xnovu migrate up\` (${messageOf(error)})`
    : messageOf(error);
