import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../local/ports.ts";
import { monotonicMs } from "./numbers.ts";
import type { Stage } from "./stage.ts";

export interface WorkerProcess {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds from the start of the process until /health/ready was 200. */
  readonly readyAfterMs: number;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
}

export interface WorkerStart {
  readonly stage: Stage;
  readonly databaseUrl: string;
  readonly dist: string;
  readonly taskQueue: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of node, such as --cpu-prof. */
  readonly nodeFlags?: readonly string[];
}

/** Starts the compiled worker as a process of its own and waits until it is ready. Its log goes to the stage's folder. */
export async function startWorker(options: WorkerStart): Promise<WorkerProcess> {
  const { stage, databaseUrl, dist, taskQueue, env = {}, nodeFlags = [] } = options;
  const port = await freePort();
  const log = join(stage.folder, `worker-${port}.log`);
  const out = openSync(log, "a");
  const began = monotonicMs();
  const child = spawn(process.execPath, [...nodeFlags, join(dist, "worker/main.js")], {
    cwd: stage.folder,
    stdio: ["ignore", out, out],
    env: workerEnv(stage, databaseUrl, { TEMPORAL_TASK_QUEUE: taskQueue, WORKER_HEALTH_PORT: String(port), ...env }),
  });
  stage.onClose(() => void child.kill("SIGKILL"));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null)
      throw new Error(`the worker ended with ${child.exitCode}:\n${readFileSync(log, "utf8")}`);
    if (monotonicMs() - began > 60_000) throw new Error(`the worker is not ready:\n${readFileSync(log, "utf8")}`);
    await sleep(10);
  }
  const readyAfterMs = monotonicMs() - began;
  return {
    pid: child.pid ?? 0,
    url,
    readyAfterMs,
    async stop() {
      child.kill("SIGTERM");
      const limit = setTimeout(() => child.kill("SIGKILL"), 40_000);
      await exited;
      clearTimeout(limit);
    },
  };
}

/** A worker's settings: those of a deployment, defaults but for addresses. */
export const workerEnv = (
  stage: Stage,
  databaseUrl: string,
  more: Readonly<Record<string, string>>,
): Record<string, string> & { NODE_ENV: "production" } => ({
  PATH: process.env.PATH ?? "",
  NODE_ENV: "production",
  DATABASE_URL: databaseUrl,
  NOVU_SECRET_KEY: "bench",
  NOVU_API_URL: stage.stub.url,
  TEMPORAL_ADDRESS: stage.temporal.address,
  TEMPORAL_NAMESPACE: "xnovu",
  XNOVU_STATE_DIR: join(stage.folder, "state"),
  XNOVU_WORKER_HOST: "127.0.0.1",
  ...more,
});

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );
