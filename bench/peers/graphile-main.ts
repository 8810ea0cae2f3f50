import { Logger, run } from "graphile-worker";
import { type BenchEvent, novuCalls } from "./novu-calls.ts";
import { servePeer } from "./serve.ts";

// graphile-worker, one job per notification, with the local queue that its documentation has for throughput; `batched` has it write down what is
// completed in batches as well, which it does not by default.
await servePeer(async ({ databaseUrl, novuUrl, options: { concurrency = 24, localQueue = 500, batched = 0 } }) => {
  const novu = novuCalls(novuUrl, concurrency);
  const quiet = new Logger(() => (level, message) => {
    if (level === "error") console.error(message);
  });
  const runner = await run({
    preset: {
      worker: {
        connectionString: databaseUrl,
        maxPoolSize: 10,
        concurrentJobs: concurrency,
        ...(localQueue > 0 ? { localQueue: { size: localQueue } } : undefined),
        ...(batched > 0 ? { completeJobBatchDelay: 0, failJobBatchDelay: 0 } : undefined),
        pollInterval: 2_000,
        logger: quiet,
      },
    },
    noHandleSignals: true,
    taskList: { notify: (job) => novu.single(job as BenchEvent) },
  });
  return {
    // It listens, and finds its jobs by itself.
    go: () => undefined,
    async close() {
      await runner.stop();
      await novu.close();
    },
  };
});
