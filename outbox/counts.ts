import type { Pool } from "pg";
import { statement } from "./sql.ts";

/** Where each count stops: "more than 10,000" is all that a page or an autoscaler needs. */
const countLimit = 10_001;
/** Tenants whose queues are searched for the oldest row. */
const tenantLimit = 1_000;

/**
 * How many rows wait, each count capped at 10,001. `oldestDueMs` is how long the oldest due row at the head of a tenant's queue has waited. A row
 * behind others of a higher priority counts once it reaches the head.
 */
export interface Counts {
  readonly due: number;
  readonly scheduled: number;
  readonly processing: number;
  readonly failed: number;
  readonly dead: number;
  readonly oldestDueMs: number;
}

const countRows = statement("count-by-status", ["countLimit", "tenantLimit"]);

export async function countByStatus(pool: Pool): Promise<Counts> {
  const query = countRows.query({ countLimit, tenantLimit });
  const { rows } = await pool.query<{ what: string; count: number; oldest_ms: string }>(query);
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
