import type { Pool } from "pg";
import type { Settings } from "../../core/config/variables.ts";
import { messageOf } from "../../core/errors.ts";
import { createPool } from "../../outbox/pool.ts";
import { appLog } from "./log.ts";
import { oncePerProcess } from "./once.ts";

/** The app's connections to Postgres, one pool per process and address, opened on first use. */
export function appPool(database: Settings["database"]): Pool {
  return oncePerProcess(`pool.${database.url}`, () => openPool(database));
}

const openPool = (database: Settings["database"]): Pool =>
  createPool({
    ...database,
    name: "xnovu-app",
    // Only the message: the error object holds the whole client.
    onIdleError: (error) => appLog().warn({ reason: messageOf(error) }, "an idle database connection was closed"),
  });
