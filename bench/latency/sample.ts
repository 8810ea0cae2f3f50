import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Contender } from "../lib/contender.ts";
import { monotonicMs, percentile, round } from "../lib/numbers.ts";
import type { Stage } from "../lib/stage.ts";

/** Milliseconds from the commit's reply at the producer until the call was at the endpoint. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  readonly samples: number;
}

export interface Throughput {
  readonly rows: number;
  /** Milliseconds from one insert to the next, before half as much again by chance: so that inserts do not fall into step with a timer. */
  readonly everyMs: number;
}

let series = 0;

/** Inserts row by row at the given throughput and says how long each took to the endpoint. */
export async function sampleLatency(
  stage: Stage,
  contender: Contender,
  url: string,
  throughput: Throughput,
): Promise<Latency> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
  // The inserts of a client take turns: pg deprecates asking one that is still busy.
  const idle = clients.map(() => Promise.resolve());
  try {
    const { reached } = await stage.stub.expect(throughput.rows);
    const committed = new Map<string, number>();
    const inserts: Promise<void>[] = [];
    let next = monotonicMs();
    for (let n = 0; n < throughput.rows; n++) {
      series++;
      const key = `${process.pid}y${series}`;
      const turn = n % clients.length;
      const client = clients[turn];
      if (!client) continue;
      const insert = (idle[turn] ?? Promise.resolve())
        .then(() => contender.fill(client, 1, key))
        .then(() => void committed.set(`${key}-1`, monotonicMs()));
      idle[turn] = insert;
      inserts.push(insert);
      next += throughput.everyMs * (1 + Math.random() / 2);
      const pause = next - monotonicMs();
      if (pause > 0) await sleep(pause);
    }
    await Promise.all(inserts);
    await reached;
    const came = new Map([...(await stage.stub.times())].map(([id, at]) => [id.split(":")[1], at]));
    const waits = [...committed].map(([key, at]) => (came.get(key) ?? Number.NaN) - at);
    return {
      p50: round(percentile(waits, 0.5), 2),
      p95: round(percentile(waits, 0.95), 2),
      max: round(Math.max(...waits), 2),
      samples: waits.length,
    };
  } finally {
    for (const client of clients) client.release();
    await pool.end();
  }
}
