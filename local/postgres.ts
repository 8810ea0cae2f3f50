import { readdirSync, rmdirSync } from "node:fs";

import pg from "pg";
import { XnovuError } from "../core/errors.ts";
import { sleep } from "../core/time.ts";
import { type Child, NotReadyError, startChild, waitReady } from "./child.ts";
import { freePort, PortInUseError, portInUse } from "./ports.ts";
import { type PostgresVersion, postgresBinaries } from "./postgres-binaries.ts";
import {
  checkVersion,
  createData,
  type DataFiles,
  dataFiles,
  hasData,
  readPassword,
  removeData,
  serverEnvironment,
} from "./postgres-data.ts";
import { livePostmaster, removeForeignPidFile } from "./postgres-running.ts";
import { type Account, homeFor, serverAccount } from "./postgres-user.ts";

export interface PostgresOptions {
  /** Folder of this server's files. Created when absent. */
  readonly dataDir: string;
  /** A free port when absent or 0. */
  readonly port?: number;
  readonly version?: PostgresVersion;
  /** Deletes the folder's data first. */
  readonly fresh?: boolean;
  /** Server settings, such as `{ fsync: "off" }` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export interface Postgres {
  /** Superuser `postgres`, database `xnovu`. Holds the password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The actual folder of the files: not `dataDir` when the server's account cannot reach it. */
  readonly home: string;
  /** Closes connections and stops. Keeps the data. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** For crash tests: `SIGKILL` has the effect of a power cut. Resolves when the server has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops, and removes the data and the folder when it is empty then. */
  destroy(): Promise<void>;
}

/** Another server already runs on this data. */
export class PostgresRunningError extends XnovuError {
  readonly pid: number;

  constructor(pid: number, data: string) {
    super(`A Postgres server (process ${pid}) already runs on ${data}.`, {
      hint: "Stop it with `pnpm xnovu down`, or use the running stack.",
    });
    this.pid = pid;
  }
}

/**
 * Starts an embedded Postgres on 127.0.0.1. Returns when the database `xnovu` accepts connections.
 *
 * @throws PostgresRunningError, PortInUseError, NotReadyError (with the server's last lines), XnovuError
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { version = "18", settings = {}, log = () => undefined } = options;
  const account = serverAccount();
  const files = dataFiles(homeFor(options.dataDir, account));
  const running = livePostmaster(files);
  if (running) throw new PostgresRunningError(running, files.data);
  if (options.port && (await portInUse(options.port))) throw new PortInUseError(options.port, "Postgres");
  const binaries = await postgresBinaries(version, account);
  if (options.fresh) removeData(files);
  if (!hasData(files)) {
    log(`Postgres ${version}: creating a database in ${files.data}`);
    await createData(binaries.initdb, files, account, settings.fsync !== "off");
  }
  checkVersion(files, version);
  removeForeignPidFile(files);
  return launch(binaries.postgres, files, account, { ...options, settings, log });
}

type Launch = PostgresOptions & Required<Pick<PostgresOptions, "settings" | "log">>;

async function launch(program: string, files: DataFiles, account: Account | undefined, options: Launch) {
  // Another process may take the free port before the server binds it, and after a crash the old backends need a moment to end.
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    const child = await startChild({
      name: "postgres",
      file: program,
      args: ["-D", files.data, ...settingFlags(port, options.settings)],
      cwd: files.home,
      env: serverEnvironment(),
      sink: options.log,
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
    const url = `postgresql://postgres:${readPassword(files)}@127.0.0.1:${port}/xnovu`;
    try {
      await waitReady(child, () => ensureDatabase(url), { limitMs: 30_000, everyMs: 25 });
      return handle(child, url, port, files);
    } catch (error) {
      await stop(child);
      const transient = options.port
        ? /pre-existing shared memory/
        : /pre-existing shared memory|could not bind|in use/;
      if (attempt === 5 || !(error instanceof NotReadyError) || !transient.test(child.tail())) throw error;
      await sleep(200 * attempt);
    }
  }
}

function settingFlags(port: number, settings: Readonly<Record<string, string>>): string[] {
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // No Unix socket: its path is limited to 107 bytes, and a checkout's path may be longer.
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Creates the database of the URL if it does not exist. Throws while the server does not respond. */
async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = "/postgres";
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'xnovu'");
    if (rowCount === 0) await client.query("CREATE DATABASE xnovu");
  } finally {
    await client.end().catch(() => undefined);
  }
}

// SIGINT is Postgres' fast shutdown: it closes connections instead of waiting for them.
const stop = (child: Child) => child.stop({ signal: "SIGINT", limitMs: 20_000 });

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function handle(child: Child, url: string, port: number, files: DataFiles): Postgres {
  return {
    url,
    port,
    pid: child.pid,
    home: files.home,
    stop: async () => void (await stop(child)),
    kill: async (signal) => {
      child.kill(signal);
      await child.exited;
    },
    destroy: async () => {
      await stop(child);
      removeData(files);
      removeIfEmpty(files.home);
    },
  };
}
