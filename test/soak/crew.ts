import { setTimeout as sleep } from "node:timers/promises";
import type { FaultLab } from "../support/fault-lab.ts";
import type { Env, RunningWorker } from "../support/worker.ts";

/** Workers under a supervisor: whoever ends is started again. */
export interface Crew {
  kill(worker: number): void;
  /** SIGSTOP, and SIGCONT after `ms`. */
  pause(worker: number, ms: number): Promise<void>;
  /** Ends that nobody ordered: a worker has to live through every trouble. */
  unordered(): readonly string[];
  stop(): Promise<void>;
}

export async function startCrew(lab: FaultLab, count: number, env: Env, log: (line: string) => void): Promise<Crew> {
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
      if (!over.signal.aborted) current[place] = await lab.worker(env);
    }
  }

  current.push(...(await Promise.all(Array.from({ length: count }, () => lab.readyWorker(env)))));
  const keeping = current.map((_, place) => keep(place));
  const signal = (place: number, name: NodeJS.Signals) => current[place]?.child.kill(name);
  return {
    kill(place) {
      const pid = current[place]?.child.pid;
      if (pid === undefined || current[place]?.child.exit()) return;
      ordered.add(pid);
      signal(place, "SIGKILL");
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
