import { setTimeout as sleep } from "node:timers/promises";
import { outboxTable } from "../delivery/xnovu.ts";
import type { Checkout } from "../lib/checkout.ts";
import { rssMiB } from "../lib/cpu.ts";
import { monotonicMs, round } from "../lib/numbers.ts";
import { type Stage, withClient } from "../lib/stage.ts";
import { startWorker } from "../lib/worker.ts";

export interface Drain {
  readonly seconds: number;
  readonly perSecond: number;
  /** One look every two seconds. */
  readonly rssMiB: readonly number[];
  /** Rows that were sent, and the mean claim of those two seconds in milliseconds. */
  readonly claims: readonly (readonly [sent: number, meanMs: number])[];
}

/** One worker clears the backlog; its memory and its claims are watched meanwhile. */
export async function drainBacklog(stage: Stage, { dist }: Checkout, url: string, rows: number): Promise<Drain> {
  const database = new URL(url).pathname.slice(1);
  const { reached } = await stage.stub.expect(rows);
  let all = false;
  void reached.then(() => {
    all = true;
  });
  const began = monotonicMs();
  const worker = await startWorker({ stage, databaseUrl: url, dist, taskQueue: `bench-backlog-${process.pid}` });
  const rss: number[] = [];
  const claims: (readonly [number, number])[] = [];
  try {
    return await withClient(stage.postgres.url, async (watcher) => {
      await watcher.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
      let last = { calls: 0, ms: 0 };
      while (!all) {
        await sleep(2_000);
        rss.push(round(rssMiB(worker.pid)));
        const now = await claimStatistics(watcher, database);
        const { events } = await stage.stub.counts();
        if (now.calls > last.calls) claims.push([events, round((now.ms - last.ms) / (now.calls - last.calls), 2)]);
        last = now;
        if (monotonicMs() - began > 900_000) throw new Error(`after 15 minutes ${events} of ${rows} were sent`);
      }
      await withClient(url, async (client) => {
        while ((await outboxTable.unfinished(client)) > 0) await sleep(50);
      });
      const { events, duplicates } = await stage.stub.counts();
      if (events !== rows || duplicates > 0)
        throw new Error(`${events} events, ${duplicates} duplicates for ${rows} rows`);
      const seconds = (monotonicMs() - began) / 1000;
      return { seconds: round(seconds, 1), perSecond: round(rows / seconds), rssMiB: rss, claims };
    });
  } finally {
    await worker.stop();
  }
}

interface Watcher {
  query(text: string, values: unknown[]): Promise<{ rows: { calls: number; ms: number }[] }>;
}

async function claimStatistics(watcher: Watcher, database: string): Promise<{ calls: number; ms: number }> {
  const { rows } = await watcher.query(
    `SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(total_exec_time), 0)::float AS ms FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1) AND query LIKE 'WITH RECURSIVE%notify.queue_position%UPDATE notify.notification%'`,
    [database],
  );
  return rows[0] ?? { calls: 0, ms: 0 };
}
