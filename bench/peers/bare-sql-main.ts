import pg from "pg";
import { type BenchEvent, novuCalls } from "./novu-calls.ts";
import { claim, complete } from "./queue-table.ts";
import { servePeer } from "./serve.ts";

// The floor: claim, bulk calls of 100, complete, and no bookkeeping at all (no lease, no fencing, no timeline, no outcome per recipient).
await servePeer(async ({ databaseUrl, novuUrl, options: { batch = 500, loops = 2 } }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: loops });
  const novu = novuCalls(novuUrl, loops * Math.ceil(batch / 100));
  async function drain(): Promise<void> {
    for (;;) {
      const rows = await claim<BenchEvent>(pool, batch);
      if (rows.length === 0) return;
      const chunks = Array.from({ length: Math.ceil(rows.length / 100) }, (_, i) => rows.slice(i * 100, i * 100 + 100));
      await Promise.all(chunks.map((chunk) => novu.bulk(chunk.map(({ body }) => body))));
      await complete(
        pool,
        rows.map(({ id }) => id),
      );
    }
  }
  return {
    go: async () => void (await Promise.all(Array.from({ length: loops }, drain))),
    async close() {
      await pool.end();
      await novu.close();
    },
  };
});
