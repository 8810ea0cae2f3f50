import PgBoss from "pg-boss";
import { type BenchEvent, novuCalls } from "./novu-calls.ts";
import { servePeer } from "./serve.ts";

// pg-boss in batches of 100, each one bulk call, two at once, until nothing is left.
await servePeer(async ({ databaseUrl, novuUrl, options: { batch = 100, fetchers = 2 } }) => {
  const novu = novuCalls(novuUrl, fetchers);
  const boss = new PgBoss({ connectionString: databaseUrl, max: 10, schedule: false });
  boss.on("error", console.error);
  await boss.start();
  async function drain(): Promise<void> {
    for (;;) {
      const jobs = await boss.fetch<BenchEvent>("notify", { batchSize: batch });
      if (jobs.length === 0) return;
      await novu.bulk(jobs.map(({ data }) => data));
      await boss.complete(
        "notify",
        jobs.map(({ id }) => id),
      );
    }
  }
  return {
    go: async () => void (await Promise.all(Array.from({ length: fetchers }, drain))),
    async close() {
      await boss.stop({ graceful: false });
      await novu.close();
    },
  };
});
