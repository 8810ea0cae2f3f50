import { Pool, type PoolClient, type PoolConfig } from "pg";

export interface PoolOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Called when an idle connection breaks. The pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

/** Settings of one connection. Without these limits a half-open network or a frozen server would block for ever. */
export const connectionConfig = ({ url, statementTimeoutMs, name }: Omit<PoolOptions, "poolSize">): PoolConfig => ({
  connectionString: url,
  application_name: name,
  connectionTimeoutMillis: 5_000,
  statement_timeout: statementTimeoutMs,
  // The client's own limit, for a server that does not respond at all.
  query_timeout: statementTimeoutMs + 2_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
});

export function createPool(options: PoolOptions): Pool {
  const pool = new Pool({
    ...connectionConfig(options),
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
