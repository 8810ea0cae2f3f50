import pg from "pg";
import { type BenchEvent, novuCalls } from "./novu-calls.ts";
import { claim, complete } from "./queue-table.ts";
import { servePeer } from "./serve.ts";

// The quickest way there is from a row to a call: LISTEN, claim what waits, a single call for each, complete.
await servePeer(async ({ databaseUrl, novuUrl }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const novu = novuCalls(novuUrl, 16);
  const listener = new pg.Client({ connectionString: databaseUrl });
  let wanted = false;
  let busy: Promise<void> | undefined;
  async function drain(): Promise<void> {
    while (wanted) {
      wanted = false;
      for (;;) {
        const rows = await claim<BenchEvent>(pool, 16);
        if (rows.length === 0) break;
        await Promise.all(rows.map(({ body }) => novu.single(body)));
        await complete(
          pool,
          rows.map(({ id }) => id),
        );
      }
    }
    busy = undefined;
  }
  function wake(): void {
    wanted = true;
    busy ??= drain();
  }
  await listener.connect();
  listener.on("notification", wake);
  await listener.query("LISTEN bench_queue");
  return {
    go: wake,
    async close() {
      await listener.end();
      await busy;
      await Promise.all([pool.end(), novu.close()]);
    },
  };
});
