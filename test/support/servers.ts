import { type Postgres, startPostgres } from "../../local/postgres.ts";
import type { PostgresVersion } from "../../local/postgres-binaries.ts";
import { temporaryFolder } from "./folder.ts";

export interface PrivatePostgres {
  readonly url: string;
  readonly server: Postgres;
  /** Starts it again on its data and its port, after `server.stop()` or `server.kill()`. */
  restart(): Promise<Postgres>;
  close(): Promise<void>;
}

/** A Postgres of one's own, for tests that restart it or need a certain version. */
export async function privatePostgres(version: PostgresVersion = "18"): Promise<PrivatePostgres> {
  const folder = temporaryFolder("xnovu-postgres-");
  const start = (port?: number) =>
    startPostgres({ dataDir: folder.path, version, settings: { fsync: "off" }, ...(port ? { port } : {}) });
  let server = await start();
  return {
    url: server.url,
    get server() {
      return server;
    },
    restart: async () => {
      await server.stop();
      server = await start(server.port);
      return server;
    },
    close: async () => {
      await server.destroy();
      folder.remove();
    },
  };
}
