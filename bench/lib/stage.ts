import { join } from "node:path";
import pg from "pg";
import { type Postgres, startPostgres } from "../../local/postgres.ts";
import { startTemporal, type Temporal } from "../../local/temporal.ts";
import { temporaryFolder } from "../../test/support/folder.ts";
import { temporalBinary } from "../../test/support/temporal.ts";
import { type Stub, startStub } from "./stub/start.ts";

/** The servers of one measurement, shared by all contenders: a durable Postgres, a tuned Temporal, the stub of Novu. */
export interface Stage {
  readonly postgres: Postgres;
  readonly temporal: Temporal;
  readonly stub: Stub;
  /** For logs and Temporal's data; goes with the stage. */
  readonly folder: string;
  /** Makes a database and returns its address. */
  database(name: string): Promise<string>;
  /** Called when the stage closes, ahead of its servers: for processes that would outlive it. */
  onClose(end: () => void): void;
  /** Stops the servers and removes their files. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** Set beside Postgres' defaults, and listed in each result. Durable: fsync and synchronous_commit stay on. */
export const postgresSettings = {
  shared_buffers: "512MB",
  max_wal_size: "8GB",
  // Files of the write-ahead log are used again, as on a server that has run for a while, and not made anew within a round.
  min_wal_size: "4GB",
  checkpoint_timeout: "30min",
  shared_preload_libraries: "pg_stat_statements",
  "pg_stat_statements.track": "all",
} as const;

export async function startStage(): Promise<Stage> {
  const folder = temporaryFolder("xnovu-bench-");
  const postgres = await startPostgres({ dataDir: join(folder.path, "postgres"), settings: postgresSettings });
  const temporal = await startTemporal({
    binary: await temporalBinary(),
    namespace: "xnovu",
    dbFile: join(folder.path, "temporal.db"),
  });
  const stub = await startStub();
  const ends: (() => void)[] = [];
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    for (const end of ends) end();
    await Promise.allSettled([stub.close(), temporal.stop()]);
    await postgres.destroy();
    folder.remove();
  }
  return {
    postgres,
    temporal,
    stub,
    folder: folder.path,
    async database(name) {
      const url = new URL(postgres.url);
      await withClient(url.href, (client) => client.query(`CREATE DATABASE ${name}`));
      url.pathname = `/${name}`;
      return url.href;
    },
    onClose: (end) => void ends.push(end),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
