import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild, waitReady } from "../child.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { findTemporal, startTemporal, type Temporal } from "../temporal.ts";
import { namespace } from "./environment.ts";
import type { Logs } from "./logs.ts";
import { addressesOf, type Ports, type StackPaths } from "./ports-and-paths.ts";
import type { PartName, Supervisor } from "./supervisor.ts";

export interface PartContext {
  readonly root: string;
  readonly paths: StackPaths;
  readonly ports: Ports;
  readonly fresh: boolean;
  readonly supervisor: Supervisor;
  readonly logs: Logs;
  readonly note: (line: string) => void;
}

const novuMain = fileURLToPath(import.meta.resolve("@xnovu/novu-emulator/main"));
const tsx = ["--import", import.meta.resolve("tsx")];

export async function postgresPart({ paths, ports, fresh, supervisor, logs, note }: PartContext): Promise<Postgres> {
  const sink = logs.sink("postgres");
  const log = (line: string) => (line.startsWith("[postgres]") ? sink(line) : note(line));
  const server = await startPostgres({ dataDir: paths.postgres, port: ports.postgres, fresh, log });
  await supervisor.add({ name: "postgres", pid: server.pid, stop: () => server.stop() });
  supervisor.watch("postgres");
  return server;
}

export async function temporalPart(
  { paths, ports, fresh, supervisor, logs, note }: PartContext,
  explicitPath: string | undefined,
): Promise<Temporal> {
  const binary = await findTemporal({ ...(explicitPath ? { explicitPath } : {}), log: note });
  // The whole folder: SQLite keeps its write-ahead log beside the file.
  if (fresh) rmSync(dirname(paths.temporalDb), { recursive: true, force: true });
  mkdirSync(dirname(paths.temporalDb), { recursive: true });
  const server = await startTemporal({
    binary,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    namespace,
    dbFile: paths.temporalDb,
    log: logs.sink("temporal"),
  });
  await supervisor.add({ name: "temporal", pid: server.pid, stop: () => server.stop() });
  supervisor.watch("temporal");
  return server;
}

export async function novuPart(context: PartContext, secretKey: string): Promise<void> {
  const { paths, ports, fresh } = context;
  if (fresh) rmSync(paths.novuData, { force: true });
  mkdirSync(dirname(paths.novuData), { recursive: true, mode: 0o700 });
  await nodePart(context, {
    name: "novu",
    args: [...tsx, novuMain, "--port", String(ports.novu), "--data-file", paths.novuData],
    // It reads only the key, so that no other setting of the caller can stop it.
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      XNOVU_TEST_FILE: process.env.XNOVU_TEST_FILE,
      NOVU_SECRET_KEY: secretKey,
    },
    cwd: context.root,
    healthUrl: `${addressesOf(ports).inbox}/v1/health-check`,
    stopLimitMs: 10_000,
  });
  context.supervisor.watch("novu");
}

export const appPart = (context: PartContext, serverPath: string, env: NodeJS.ProcessEnv): Promise<void> =>
  restartable(context, {
    name: "app",
    args: [serverPath],
    env,
    cwd: dirname(serverPath),
    healthUrl: `${addressesOf(context.ports).app}/api/health`,
    stopLimitMs: 15_000,
  });

export const workerPart = (context: PartContext, env: NodeJS.ProcessEnv): Promise<void> =>
  restartable(context, {
    name: "worker",
    args: [...tsx, join(context.root, "worker/main.ts")],
    env,
    cwd: context.root,
    healthUrl: `${addressesOf(context.ports).worker}/health`,
    // The worker drains first, with its own deadline.
    stopLimitMs: Number(env.XNOVU_SHUTDOWN_TIMEOUT_MS || 25_000) + 5_000,
  });

interface NodePart {
  readonly name: PartName;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly healthUrl: string;
  readonly stopLimitMs: number;
}

async function restartable(context: PartContext, part: NodePart): Promise<void> {
  const sink = context.logs.sink(part.name);
  await nodePart(context, part, sink);
  context.supervisor.watch(part.name, async () => {
    await nodePart(context, part, sink);
    context.note(`✔ ${part.name} runs again`);
  });
}

/** Starts a Node process, adds it to the supervisor before it is ready (so that a stop includes it), and waits until it is healthy. */
async function nodePart(
  { supervisor, logs }: PartContext,
  { name, args, env, cwd, healthUrl, stopLimitMs }: NodePart,
  sink = logs.sink(name),
): Promise<void> {
  const child = await startChild({ name, file: process.execPath, args, cwd, env, sink });
  await supervisor.add({ name, pid: child.pid, stop: () => child.stop({ limitMs: stopLimitMs }) });
  await healthy(child, healthUrl);
}

const healthy = (child: Child, url: string): Promise<void> =>
  waitReady(
    child,
    async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
      const body = await response.text();
      if (!response.ok) throw new Error(`${url} responded with ${response.status} ${body.slice(0, 500)}`);
    },
    { limitMs: 60_000, everyMs: 100 },
  );
