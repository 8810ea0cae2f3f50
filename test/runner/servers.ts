import { type Postgres, startPostgres } from "../../local/postgres.ts";
import { findTemporal, startTemporal, type Temporal } from "../../local/temporal.ts";
import { temporaryFolder } from "../support/folder.ts";

export interface SharedServers {
  /** For the environment of each file. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export const noServers: SharedServers = { env: {}, stop: async () => undefined };

/** Starts the Postgres and the Temporal server that all files share: databases and task queues keep them apart. */
export async function startServers(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<SharedServers> {
  const folder = temporaryFolder("xnovu-test-");
  const results = await Promise.allSettled([postgres(folder.path), temporal(env, log)]);
  const stop = async () => {
    await Promise.all(results.map((result) => (result.status === "fulfilled" ? result.value.stop() : undefined)));
    folder.remove();
  };
  const [db, engine] = results;
  if (db.status === "fulfilled" && engine.status === "fulfilled")
    return { env: addresses(db.value, engine.value), stop };
  await stop();
  throw db.status === "rejected" ? db.reason : engine.status === "rejected" ? engine.reason : undefined;
}

const addresses = (db: Postgres, engine: Temporal) => ({
  XNOVU_TEST_POSTGRES_URL: db.url,
  XNOVU_TEST_TEMPORAL_ADDRESS: engine.address,
});

async function postgres(dataDir: string): Promise<Postgres> {
  const server = await startPostgres({ dataDir, settings: { fsync: "off", max_connections: "300" } });
  return { ...server, stop: () => server.destroy() };
}

async function temporal(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Temporal> {
  const explicitPath = env.XNOVU_TEMPORAL_CLI;
  const binary = await findTemporal({ ...(explicitPath ? { explicitPath } : {}), log });
  return startTemporal({ binary, namespace: "xnovu" });
}
