import { setTimeout as sleep } from "node:timers/promises";
import { compileCheckout } from "../lib/checkout.ts";
import { rssMiB } from "../lib/cpu.ts";
import { median, round } from "../lib/numbers.ts";
import type { BenchOptions } from "../lib/options.ts";
import { keepResult, type Result, startResult } from "../lib/result.ts";
import { type Stage, withClient } from "../lib/stage.ts";
import { startWorker } from "../lib/worker.ts";

export interface WorkerData {
  /** Milliseconds from the start of the process to ready, with Postgres and Temporal up and the workflow bundle compiled ahead. */
  readonly readyMs: readonly number[];
  /** MiB after `idleSeconds` without a notification. */
  readonly idleRssMiB: readonly number[];
  readonly idleSeconds: number;
  /** Statements of an idle worker with its default intervals, counted over `idleSeconds` and extrapolated. */
  readonly statementsPerDay: number;
  readonly statementMsPerDay: number;
  /** The statements that make it up, most often called first, in a day. */
  readonly statements: readonly { readonly query: string; readonly perDay: number; readonly meanMs: number }[];
}

const idleSeconds = 120;

/** Start, memory and the cost of doing nothing. */
export async function runWorker(
  stage: Stage,
  options: BenchOptions,
  tell: (line: string) => void,
): Promise<Result<WorkerData>> {
  const { rounds = 5, keep } = options;
  const result = await startResult("worker", stage);
  const checkout = compileCheckout(options.checkout);
  const url = await stage.database("idle_worker");
  checkout.migrate(url);
  const start = () =>
    startWorker({ stage, databaseUrl: url, dist: checkout.dist, taskQueue: `bench-worker-${process.pid}` });

  const readyMs: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const worker = await start();
    readyMs.push(round(worker.readyAfterMs));
    await worker.stop();
  }
  tell(`ready after ${readyMs.join(", ")} ms`);
  const worker = await start();
  try {
    // What a start asks for is not what a day asks for.
    await sleep(15_000);
    const watch = await watchStatements(stage, "idle_worker", idleSeconds);
    const data = { readyMs, idleRssMiB: [round(rssMiB(worker.pid))], idleSeconds, ...watch };
    const measured = result(lineOf(data), data);
    if (keep) keepResult(measured, {});
    return measured;
  } finally {
    await worker.stop();
  }
}

type Watched = Pick<WorkerData, "statementsPerDay" | "statementMsPerDay" | "statements">;

/** Counts from another database, so that it does not count itself. */
async function watchStatements(stage: Stage, database: string, seconds: number): Promise<Watched> {
  return await withClient(stage.postgres.url, async (client) => {
    await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await client.query("SELECT pg_stat_statements_reset()");
    await sleep(seconds * 1000);
    const { rows } = await client.query<{ query: string; calls: number; ms: number }>(
      `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS query, calls::int, total_exec_time::float AS ms FROM pg_stat_statements
       WHERE toplevel AND dbid = (SELECT oid FROM pg_database WHERE datname = $1) ORDER BY calls DESC, query`,
      [database],
    );
    const perDay = 86_400 / seconds;
    return {
      statementsPerDay: round(rows.reduce((sum, { calls }) => sum + calls, 0) * perDay),
      statementMsPerDay: round(rows.reduce((sum, { ms }) => sum + ms, 0) * perDay),
      statements: rows.map(({ query, calls, ms }) => ({
        query,
        perDay: round(calls * perDay),
        meanMs: round(ms / calls, 3),
      })),
    };
  });
}

function lineOf({ readyMs, idleRssMiB, statementsPerDay, statementMsPerDay }: WorkerData): string {
  return (
    `worker: ready ${round(median(readyMs))} ms after its start, ${idleRssMiB.join(", ")} MiB resident when idle, ` +
    `${statementsPerDay.toLocaleString("en-US")} statements and ${round(statementMsPerDay / 1000)} s of Postgres in a day of idle polling`
  );
}
