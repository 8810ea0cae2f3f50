import { Connection } from "@temporalio/client";
import { type Child, NotReadyError, startChild, waitReady } from "./child.ts";
import { freePort, PortInUseError, portInUse } from "./ports.ts";

export { findTemporal, TemporalNotFoundError, temporalVersion } from "./temporal-find.ts";

export interface TemporalOptions {
  /** From `findTemporal`. */
  readonly binary: string;
  /** A free port when absent or 0. */
  readonly port?: number;
  readonly namespace: string;
  /** SQLite file. In memory when absent. */
  readonly dbFile?: string;
  /** Applies settings that about double the dev server's speed. True when absent. */
  readonly tuned?: boolean;
  /** Port of the web UI. No web UI when absent. */
  readonly uiPort?: number;
  readonly log?: (line: string) => void;
}

export interface Temporal {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Resolves when the server has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts Temporal's dev server on 127.0.0.1. Returns when its frontend knows the namespace.
 *
 * @throws PortInUseError, NotReadyError (with the server's last lines)
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  for (const port of [options.port, options.uiPort])
    if (port && (await portInUse(port))) throw new PortInUseError(port, "Temporal");
  // Another process may take the free port before the server binds it.
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    const address = `127.0.0.1:${port}`;
    const child = await startChild({
      name: "temporal",
      file: options.binary,
      args: temporalArguments({ ...options, port }),
      ...(options.log ? { sink: options.log } : {}),
    });
    try {
      await waitReady(child, () => describeNamespace(address, options.namespace), { limitMs: 60_000, everyMs: 100 });
      return handle(child, address, port);
    } catch (error) {
      await child.stop();
      if (attempt === 3 || !isPortRace(error, child, options.port !== undefined && options.port > 0)) throw error;
    }
  }
}

/**
 * Whether another attempt can succeed. The dev server also uses about ten other free ports, and panics when another process takes one first; a new
 * attempt uses new ports. A requested frontend port stays the same, so an attempt with it is not repeated.
 */
const isPortRace = (error: unknown, child: Child, portGiven: boolean): boolean =>
  error instanceof NotReadyError &&
  child.exit() !== undefined &&
  (/^panic: /m.test(child.tail()) || (!portGiven && /address already in use|can't run on port/i.test(child.tail())));

/** The command line of the dev server. */
function temporalArguments(options: Omit<TemporalOptions, "binary"> & { readonly port: number }): string[] {
  const { port, namespace, dbFile, uiPort, tuned = true } = options;
  const fast = [
    ["--sqlite-pragma", "journal_mode=wal"],
    ["--sqlite-pragma", "synchronous=normal"],
    // The default is 20 a second per shard, which slows every workflow step.
    ["--dynamic-config-value", "history.transferProcessorMaxPollRPS=5000"],
    ["--dynamic-config-value", "history.timerProcessorMaxPollRPS=5000"],
  ];
  return [
    ["server", "start-dev", "--ip", "127.0.0.1", "--port", String(port), "--namespace", namespace],
    ["--log-level", "warn"],
    uiPort ? ["--ui-port", String(uiPort)] : ["--headless"],
    dbFile ? ["--db-filename", dbFile] : [],
    ...(tuned ? fast : []),
  ].flat();
}

async function describeNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } finally {
    await connection.close();
  }
}

const handle = (child: Child, address: string, port: number): Temporal => ({
  address,
  port,
  pid: child.pid,
  stop: async () => void (await child.stop()),
  kill: async (signal) => {
    child.kill(signal);
    await child.exited;
  },
});
