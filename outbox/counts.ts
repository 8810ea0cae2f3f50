import type { Pool } from "pg";
import { sql } from "./sql.ts";

/**
 * How many rows wait, each count capped at 10,001. `oldestDueMs` is how long the oldest due row has waited, of those at the head of a tenant's
 * queue: a row that others go ahead of by priority counts when its turn comes.
 */
export interface Counts {
  readonly due: number;
  readonly scheduled: number;
  readonly processing: number;
  readonly failed: number;
  readonly dead: number;
  readonly oldestDueMs: number;
}

const text = sql("count-by-status");

export async function countByStatus(pool: Pool): Promise<Counts> {
  const { rows } = await pool.query<{ what: string; count: number; oldest_ms: string }>(text);
  const of = (what: string) => rows.find((row) => row.what === what);
  const count = (what: string) => of(what)?.count ?? 0;
  return {
    due: count("due"),
    scheduled: count("scheduled"),
    processing: count("processing"),
    failed: count("failed"),
    dead: count("dead"),
    oldestDueMs: Number(of("due")?.oldest_ms ?? 0),
  };
}
