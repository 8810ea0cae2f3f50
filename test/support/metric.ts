import type { RunningWorker } from "./worker.ts";

/** One value of a worker's /metrics, by its name and labels as they stand there; 0 when it is not there. */
export async function metric(worker: RunningWorker, name: string): Promise<number> {
  const text = await (await fetch(`${worker.url}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();
  const line = text.split("\n").find((found) => found.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
