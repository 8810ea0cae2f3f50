import { setTimeout as sleep } from "node:timers/promises";
import type { FaultLab } from "../support/fault-lab.ts";
import type { Env, RunningWorker } from "../support/worker.ts";

/** Workers under a supervisor: one that ends is started again. */
export interface WorkerGroup {
  kill(worker: number): void;
  /** SIGTERM to each in turn; resolves when the last one is replaced. */
  roll(): Promise<void>;
  /** SIGSTOP, and SIGCONT after `ms`. */
  pause(worker: number, ms: number): Promise<void>;
  /** Ends that nobody ordered: a worker has to live through every trouble. */
  unordered(): readonly string[];
  stop(): Promise<void>;
}

/** A stop's deadline, beyond it the time that a worker may have been stopped by SIGSTOP, and some more for a machine that does other things. */
const shutdownMs = 5_000;
const endsWithinMs = shutdownMs + 6_000 + 5_000;

export async function startWorkerGroup(
  lab: FaultLab,
  count: number,
  env: Env,
  log: (line: string) => void,
): Promise<WorkerGroup> {
  const over = new AbortController();
  const current: RunningWorker[] = [];
  const ordered = new Set<number>();
  const unordered: string[] = [];

  async function keep(place: number): Promise<void> {
    while (!over.signal.aborted) {
      const worker = current[place];
      if (worker === undefined) return;
      const exit = await worker.child.exited;
      if (over.signal.aborted) return;
      if (!ordered.delete(worker.child.pid)) {
        unordered.push(
          `worker ${place} ended by itself (${exit.signal ?? `exit ${exit.code}`}):\n${worker.child.tail()}`,
        );
        log(`worker ${place} ended by itself: ${exit.signal ?? `exit ${exit.code}`}`);
      }
      await sleep(200);
      if (!over.signal.aborted) current[place] = await lab.worker(own);
    }
  }

  /** A worker that gets the signal drains, releases its other rows, and ends. */
  async function terminate(place: number): Promise<void> {
    const worker = current[place];
    if (worker === undefined || worker.child.exit()) return;
    ordered.add(worker.child.pid);
    worker.child.kill("SIGTERM");
    const ended = await Promise.race([
      worker.child.exited,
      sleep(endsWithinMs, undefined, { signal: over.signal }),
    ]).catch(() => "over" as const);
    if (ended === undefined) unordered.push(`worker ${place} did not end by SIGTERM:\n${worker.child.tail()}`);
    while (!over.signal.aborted && current[place] === worker) await sleep(50);
  }

  const own = { ...env, XNOVU_SHUTDOWN_TIMEOUT_MS: String(shutdownMs) };
  current.push(...(await Promise.all(Array.from({ length: count }, () => lab.readyWorker(own)))));
  const keeping = current.map((_, place) => keep(place));
  const signal = (place: number, name: NodeJS.Signals) => current[place]?.child.kill(name);
  return {
    kill(place) {
      const pid = current[place]?.child.pid;
      if (pid === undefined || current[place]?.child.exit()) return;
      ordered.add(pid);
      signal(place, "SIGKILL");
    },
    async roll() {
      for (let place = 0; place < count && !over.signal.aborted; place++) await terminate(place);
    },
    async pause(place, ms) {
      const worker = current[place];
      worker?.child.kill("SIGSTOP");
      await sleep(ms);
      worker?.child.kill("SIGCONT");
    },
    unordered: () => unordered,
    async stop() {
      over.abort();
      await lab.killWorkers();
      await Promise.all(keeping);
      // One may have been started while the others ended.
      await lab.killWorkers();
    },
  };
}
