import pg from "pg";
import type * as ClaimsModule from "../../outbox/claims.ts";
import { outboxTable } from "../delivery/xnovu.ts";
import { monotonicMs, percentile, round } from "../lib/numbers.ts";
import { withClient } from "../lib/stage.ts";

export interface ClaimTimes {
  readonly waiting: number;
  readonly claims: number;
  /** Milliseconds of one claim of `limit` rows, the round trip included. */
  readonly p50: number;
  readonly p95: number;
}

export const limit = 500;

/** Fills the empty table with so many rows, in pieces, as a day's producers would. */
export async function fillBacklog(url: string, rows: number): Promise<void> {
  await withClient(url, async (client) => {
    await outboxTable.clear(client);
    for (let left = rows; left > 0; left -= 50_000)
      await outboxTable.fill(client, Math.min(left, 50_000), `${process.pid}b${left}`);
    await client.query("VACUUM ANALYZE");
    await client.query("CHECKPOINT");
  });
}

/** Claims rows as a worker does, one claim after another, and returns how long each took, in milliseconds. The rows are released at the end. */
export async function claimTimes(dist: string, url: string, claims: number): Promise<number[]> {
  // The compiled file exports what its source does.
  const { createClaims } = (await import(`${dist}/outbox/claims.js`)) as typeof ClaimsModule;
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const port = createClaims(pool);
  const times: number[] = [];
  try {
    for (let index = 0; index < claims; index++) {
      const start = monotonicMs();
      const { rows } = await port.claim("new", "bench", 600_000, limit);
      times.push(monotonicMs() - start);
      if (rows.length < limit) throw new Error(`a claim of ${limit} found ${rows.length} rows`);
    }
    await port.releaseAll("bench");
  } finally {
    await pool.end();
  }
  return times;
}

/** Pure. */
export const summaryOf = (waiting: number, times: readonly number[]): ClaimTimes => ({
  waiting,
  claims: times.length,
  p50: round(percentile(times, 0.5), 2),
  p95: round(percentile(times, 0.95), 2),
});
