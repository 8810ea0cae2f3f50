import { fileURLToPath } from "node:url";
import { Client } from "@temporalio/client";
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import pg from "pg";
import { type BenchEvent, novuCalls } from "./novu-calls.ts";
import { claim, complete } from "./queue-table.ts";
import { servePeer } from "./serve.ts";

// One Temporal workflow per row, whose one activity sends it and completes it: the shape that comes to mind first.
await servePeer(async ({ databaseUrl, novuUrl, temporalAddress, options: { concurrency = 100 } }) => {
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger("ERROR") });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const novu = novuCalls(novuUrl, 16);
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const taskQueue = `bench-workflow-per-row-${process.pid}`;
  const worker = await Worker.create({
    connection,
    namespace: "xnovu",
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL("./workflow-per-row.ts", import.meta.url)),
      logger: new DefaultLogger("ERROR"),
    }),
    activities: {
      async sendRow(id: string, event: BenchEvent) {
        await novu.single(event);
        await complete(pool, [id]);
      },
    },
    maxConcurrentActivityTaskExecutions: concurrency,
  });
  const running = worker.run();
  const client = new Client({ connection, namespace: "xnovu" });
  async function drain(): Promise<void> {
    for (;;) {
      const rows = await claim<BenchEvent>(pool, 100);
      if (rows.length === 0) return;
      await Promise.all(
        rows.map(({ id, body }) =>
          client.workflow.execute("sendOne", { taskQueue, workflowId: `bench-${process.pid}-${id}`, args: [id, body] }),
        ),
      );
    }
  }
  return {
    go: drain,
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
      await Promise.all([pool.end(), novu.close()]);
    },
  };
});
