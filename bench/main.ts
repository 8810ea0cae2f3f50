import { runBacklog } from "./backlog/run.ts";
import { runDelivery } from "./delivery/run.ts";
import { runLatency } from "./latency/run.ts";
import { type BenchName, type BenchOptions, parseOptions, UsageError } from "./lib/options.ts";
import type { Result } from "./lib/result.ts";
import { startStage } from "./lib/stage.ts";
import { runWorker } from "./worker/run.ts";

const runs: Readonly<Record<BenchName, Bench>> = {
  delivery: runDelivery,
  latency: runLatency,
  backlog: runBacklog,
  worker: runWorker,
};
const signals = ["SIGINT", "SIGTERM"] as const;
type Bench = (...args: Parameters<typeof runDelivery>) => Promise<Result<unknown>>;

async function main(options: BenchOptions): Promise<void> {
  const results: Result<unknown>[] = [];
  for (const name of options.run) {
    const stage = await startStage();
    // The servers are heads of process groups of their own: a Ctrl-C does not reach them by itself.
    const end = () => void stage.close().finally(() => process.exit(130));
    for (const signal of signals) process.once(signal, end);
    try {
      const result = await runs[name](stage, options, (line) => console.error(line));
      results.push(result);
      (options.json ? console.error : console.log)(result.line);
    } finally {
      await stage.close();
      for (const signal of signals) process.off(signal, end);
    }
  }
  if (options.json) console.log(JSON.stringify(results.length === 1 ? results[0] : results, null, 2));
}

try {
  await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError) (error.exitCode === 0 ? console.log : console.error)(error.message);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? error.exitCode : 1;
}
