import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Contender } from "../lib/contender.ts";
import { cpuOf } from "../lib/cpu.ts";
import { monotonicMs, round } from "../lib/numbers.ts";
import type { Stage } from "../lib/stage.ts";
import type { StubCounts } from "../lib/stub/messages.ts";

export interface RoundResult {
  readonly rows: number;
  /** From the commit that made the rows visible until the last one was finished in the database. */
  readonly ms: number;
  readonly perSecond: number;
  /** Seconds of processor, by who spent them. */
  readonly cpuS: Readonly<Record<string, number>>;
  readonly calls: StubCounts;
  /** Load average of the last minute, before the round. */
  readonly load: number;
}

/** A round whose numbers do not add up: its measurements are discarded. */
class RoundFailedError extends Error {}

/** Pure: what does not add up in what the endpoint saw for so many rows. */
export const mismatchOf = ({ events, duplicates }: StubCounts, rows: number): string | undefined =>
  events === rows && duplicates === 0 ? undefined : `${events} events and ${duplicates} duplicates for ${rows} rows`;

let series = 0;

/** One contender's turn: processes started and warmed up, rows made visible all at once, waited for, and counted. */
export async function runRound(stage: Stage, contender: Contender, url: string, rows: number): Promise<RoundResult> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await contender.clear(client);
    const running = await contender.start(stage, url);
    try {
      const load = round(loadavg()[0] ?? Number.NaN, 2);
      await drain(stage, contender, client, running.go, Math.min(rows, 10_000));
      // None pays for pages that another one left to be written.
      await client.query("CHECKPOINT");
      const groups = {
        client: running.pids,
        postgres: [stage.postgres.pid],
        temporal: [stage.temporal.pid],
        stub: [stage.stub.pid],
      };
      return { ...(await drain(stage, contender, client, running.go, rows, groups)), load };
    } finally {
      await running.stop();
    }
  } finally {
    await client.end();
  }
}

type Drained = Omit<RoundResult, "load">;

async function drain(
  stage: Stage,
  contender: Contender,
  client: pg.Client,
  go: () => void,
  rows: number,
  groups: Readonly<Record<string, readonly number[]>> = {},
): Promise<Drained> {
  series++;
  await client.query("BEGIN");
  await contender.fill(client, rows, `${process.pid}x${series}`);
  await client.query("ANALYZE");
  const { reached } = await stage.stub.expect(rows);
  const before = cpuOf(groups);
  const began = monotonicMs();
  await client.query("COMMIT");
  go();
  await within(reached, 300_000, `${contender.name}: ${rows} events did not come`);
  while ((await contender.unfinished(client)) > 0) {
    if (monotonicMs() - began > 300_000) throw new RoundFailedError(`${contender.name}: rows stay unfinished`);
    await sleep(2);
  }
  const ms = monotonicMs() - began;
  const after = cpuOf(groups);
  const calls = await stage.stub.counts();
  const mismatch = mismatchOf(calls, rows);
  if (mismatch !== undefined) throw new RoundFailedError(`${contender.name}: ${mismatch}`);
  const cpuS = Object.fromEntries(
    Object.entries(after).map(([name, spent]) => [name, round((spent - (before[name] ?? 0)) / 1000, 2)]),
  );
  return { rows, ms: round(ms, 1), perSecond: round((rows / ms) * 1000), cpuS, calls };
}

async function within<T>(promise: Promise<T>, limitMs: number, why: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RoundFailedError(why)), limitMs);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
