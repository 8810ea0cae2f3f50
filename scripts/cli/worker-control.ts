import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { XnovuError } from "../../core/errors.ts";
import { parentPidFile, readPidFile, workerPidFile } from "../../core/pid-file.ts";
import { isAlive, type ProcessIdentity } from "../../core/process-identity.ts";
import { sleep } from "../../core/time.ts";
import type { Context } from "./command.ts";
import { settingsOf } from "./settings.ts";

export interface WorkerPlace {
  readonly port: number;
  /** Address that it listens on. */
  readonly host: string;
  /** Base URL for requests from this machine. */
  readonly url: string;
  readonly pidFile: string;
  readonly parentFile: string;
  readonly logFile: string;
  readonly shutdownTimeoutMs: number;
  /** Environment of the worker. XNOVU_STATE_DIR is absolute, so the pid files do not depend on the working folder. */
  readonly env: NodeJS.ProcessEnv;
}

export async function workerPlace({ env, root }: Context): Promise<WorkerPlace> {
  const { general, worker } = await settingsOf({ env }, "general", "worker");
  const stateDir = resolve(root, general.stateDir);
  const host = ["0.0.0.0", "::"].includes(worker.host) ? "127.0.0.1" : worker.host;
  return {
    port: worker.healthPort,
    host: worker.host,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${worker.healthPort}`,
    pidFile: workerPidFile(stateDir, worker.healthPort),
    parentFile: parentPidFile(stateDir, worker.healthPort),
    logFile: join(stateDir, "logs", `worker-${worker.healthPort}.log`),
    shutdownTimeoutMs: worker.shutdownTimeoutMs,
    env: { ...env, NODE_ENV: general.nodeEnv, XNOVU_STATE_DIR: stateDir },
  };
}

/** Checks all settings of the worker before it is started, or stopped for a restart. @throws SettingsError */
export const checkWorkerSettings = async (context: Context): Promise<void> =>
  void (await settingsOf(context, "general", "novu", "database", "temporal", "worker"));

/** The worker is compiled JavaScript in the image, and TypeScript run by tsx in a checkout. */
function nodeArguments(root: string, program: "main" | "parent"): string[] {
  const source = join(root, `worker/${program}.ts`);
  return existsSync(source) ? ["--import", "tsx", source] : [join(root, `worker/${program}.js`)];
}

/** The process to signal: the parent of a detached worker, which stops its child, or the worker itself. */
export const runningWorker = ({
  pidFile,
  parentFile,
}: WorkerPlace): { readonly process: ProcessIdentity; readonly detached: boolean } | undefined => {
  const parent = readPidFile(parentFile);
  if (parent !== undefined) return { process: parent, detached: true };
  const worker = readPidFile(pidFile);
  return worker === undefined ? undefined : { process: worker, detached: false };
};

/** Runs the worker in the foreground of this terminal. Resolves to its exit code. */
export async function runWorker({ root }: Context, { env }: WorkerPlace): Promise<number> {
  const child = spawn(process.execPath, nodeArguments(root, "main"), { stdio: "inherit", env, cwd: root });
  const names = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const name of names) process.on(name, pass);
  const code = await new Promise<number>((done, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode, signal) => done(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  for (const name of names) process.off(name, pass);
  return code;
}

/** Checked first, because the parent would restart a worker without its port again and again. */
async function portMustBeFree({ port, host }: WorkerPlace): Promise<void> {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    const server = createServer();
    server.once("error", done);
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
  if (error?.code === "EADDRINUSE")
    throw new XnovuError(`port ${port} is already in use`, {
      hint: "Check for another worker (pnpm xnovu worker status), or set WORKER_HEALTH_PORT to a free port.",
    });
}

/** Starts the worker in the background under a parent that restarts it, and waits until it responds. */
export async function detachWorker({ root }: Context, place: WorkerPlace): Promise<{ pid: number }> {
  await portMustBeFree(place);
  mkdirSync(dirname(place.logFile), { recursive: true });
  const log = openSync(place.logFile, "a");
  const from = statSync(place.logFile).size;
  const child = spawn(process.execPath, nodeArguments(root, "parent"), {
    detached: true,
    stdio: ["ignore", log, log],
    env: place.env,
    cwd: root,
  });
  closeSync(log);
  let code: number | null | undefined;
  child.once("exit", (exitCode) => {
    code = exitCode;
  });
  const deadline = Date.now() + 30_000;
  while (code === undefined && Date.now() < deadline) {
    const answer = await requestWorker(place, "/status");
    const worker = readPidFile(place.pidFile);
    if (worker !== undefined && answer?.body.pid === worker.pid && readPidFile(place.parentFile)?.pid === child.pid) {
      child.unref();
      return { pid: worker.pid };
    }
    await sleep(100);
  }
  if (code === undefined && child.pid !== undefined) child.kill("SIGTERM");
  const lines = readFileSync(place.logFile).subarray(from).toString().trim().split("\n").slice(-15).join("\n");
  throw new XnovuError(
    `the worker did not start${code === undefined ? " within 30 s" : ""}. Its last log lines:\n${lines}`,
    {
      exitCode: code === 78 ? 78 : 1,
      hint: `Its log: ${place.logFile}`,
    },
  );
}

/** Stops the worker and waits for its end. False when it still runs after its own deadline. */
export async function stopWorker(place: WorkerPlace, running: ProcessIdentity, force: boolean): Promise<boolean> {
  const worker = readPidFile(place.pidFile);
  process.kill(running.pid, "SIGTERM");
  const gone = () => !isAlive(running) && (worker === undefined || !isAlive(worker));
  const wait = async (ms: number) => {
    const deadline = Date.now() + ms;
    while (!gone() && Date.now() < deadline) await sleep(50);
    return gone();
  };
  if (await wait(place.shutdownTimeoutMs + 5_000)) return true;
  if (!force) return false;
  for (const identity of [running, worker])
    if (identity !== undefined && isAlive(identity)) process.kill(identity.pid, "SIGKILL");
  return await wait(5_000);
}

export interface WorkerAnswer {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Requests a path of the worker. Undefined when nothing on its port responds like a worker. */
export async function requestWorker({ url }: WorkerPlace, path: string): Promise<WorkerAnswer | undefined> {
  try {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(3_000) });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "status" in body
      ? { code: response.status, body: body as Record<string, unknown> }
      : undefined;
  } catch {
    return undefined;
  }
}
