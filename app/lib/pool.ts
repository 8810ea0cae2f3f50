import pg from "pg";
import type { Settings } from "../../core/config/variables.ts";
import { messageOf } from "../../core/errors.ts";
import { appLog } from "./log.ts";
import { oncePerProcess } from "./once.ts";

/** The app's connections to Postgres, one pool per process and address, opened on first use. */
export function appPool(database: Settings["database"]): pg.Pool {
  return oncePerProcess(`pool.${database.url}`, () => openPool(database));
}

function openPool(database: Settings["database"]): pg.Pool {
  const pool = new pg.Pool({
    connectionString: database.url,
    application_name: "xnovu-app",
    max: database.poolSize,
    idleTimeoutMillis: 30_000,
    // Without it a request waits for ever when the database's host drops packets.
    connectionTimeoutMillis: database.statementTimeoutMs,
    statement_timeout: database.statementTimeoutMs,
  });
  // An idle connection that the server ends raises this; unheard, it is an uncaught exception. The error carries the whole client
  // with it, so only its message is logged.
  pool.on("error", (error) => appLog().warn({ reason: messageOf(error) }, "an idle database connection was closed"));
  return pool;
}
