import { type Postgres, startPostgres } from "../../local/postgres.ts";
import { startTemporal, type Temporal } from "../../local/temporal.ts";
import { temporaryFolder } from "../support/folder.ts";

export interface SharedServers {
  /** For the environment of each file. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export const noServers: SharedServers = { env: {}, stop: async () => undefined };

/** Starts the Postgres and, with the given Temporal CLI, the Temporal server that all files share: databases and task queues keep them apart. */
export async function startServers(temporal: string): Promise<SharedServers> {
  const folder = temporaryFolder("xnovu-test-");
  const engineStart = startTemporal({ binary: temporal, namespace: "xnovu" });
  const results = await Promise.allSettled([postgres(folder.path), engineStart]);
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

/** Starts the Docker engine that all files of images share. Where this machine cannot run one, each such file says so loudly itself. */
export async function startEngineFor(): Promise<SharedServers> {
  const { hostProblem } = await import("@xnovu/test-engine/host");
  if (await hostProblem()) return noServers;
  const { startEngine } = await import("@xnovu/test-engine/engine");
  const folder = temporaryFolder("xnovu-engine-");
  const engine = await startEngine({ dir: folder.path, log: (line) => console.error(`engine: ${line}`) });
  return {
    env: { XNOVU_TEST_ENGINE: folder.path },
    async stop() {
      await engine.stop();
      folder.remove();
    },
  };
}
