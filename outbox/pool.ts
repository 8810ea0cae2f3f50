import { Pool, type PoolClient } from "pg";
import { clientClass, clientConfig, type DatabaseConnection, sessionSql } from "./connection.ts";

export interface PoolOptions extends DatabaseConnection {
  readonly poolSize: number;
  /** Called when an idle connection breaks. The pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

export function createPool(options: PoolOptions): Pool {
  const pool = new Pool({
    ...clientConfig(options),
    Client: clientClass(options.url),
    // The pool waits for it before it lends the connection.
    onConnect: async (client) => void (await client.query(sessionSql(options.statementTimeoutMs))),
    max: options.poolSize,
    idleTimeoutMillis: 30_000,
    // The server may never close the connection (half-open network, frozen server). It must not keep the process alive after `end()`.
    allowExitOnIdle: true,
  });
  pool.on("error", options.onIdleError ?? (() => undefined));
  return pool;
}

/** Runs `work` in one transaction. A connection whose ROLLBACK fails is closed, so that no other caller gets it. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool handles errors of idle connections only. Without a listener the loss of this one would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(onError);
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}
