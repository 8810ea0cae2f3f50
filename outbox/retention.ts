import type { Pool } from "pg";
import { sql } from "./sql.ts";

const deleteSql = sql("retention-delete");
const countSql = sql("retention-count");

/** States that nothing follows unless a person acts. */
export const finished = ["SENT", "RETRACTED", "DEAD"] as const;
export type Finished = (typeof finished)[number];

export interface RetentionPlan {
  readonly statuses: readonly Finished[];
  /** ISO 8601: what ended before goes. A notification ends when it is sent, retracted or moved to the dead letters. */
  readonly before: string;
  /** Rows to look at, and to delete at the most, in one transaction. */
  readonly batch: number;
  /** Count only. */
  readonly dryRun: boolean;
}

/** One transaction's worth. */
export interface RetentionStep {
  readonly looked: number;
  /** Deleted, or for a dry run: would be. */
  readonly gone: Readonly<Record<Finished, number>>;
}

interface StepRow {
  upto: string | null;
  looked: number;
  young: boolean;
  sent: number;
  retracted: number;
  dead: number;
}

/** The moment that lies `ms` back by the database's clock, ISO 8601. */
export async function momentBack(pool: Pool, ms: number): Promise<string> {
  const { rows } = await pool.query<{ at: Date }>("SELECT now() - $1 * interval '1 millisecond' AS at", [ms]);
  return (rows[0]?.at ?? new Date(0)).toISOString();
}

/**
 * Deletes finished notifications, oldest first, and yields after each transaction; whoever stops asking stops it there. Rows that another
 * transaction holds are left out. A range that takes longer than a statement may is tried again with half the rows.
 */
export async function* retire(pool: Pool, plan: RetentionPlan): AsyncGenerator<RetentionStep> {
  let after = "0";
  let limit = plan.batch;
  for (;;) {
    const row = await step(pool, plan, after, limit);
    if (row === "too slow") {
      limit = Math.ceil(limit / 2);
      continue;
    }
    if (row.upto === null) return;
    yield { looked: row.looked, gone: { SENT: row.sent, RETRACTED: row.retracted, DEAD: row.dead } };
    // An id is given when a row is inserted, and no row ends before that: beyond a range of rows that are all younger, there is nothing.
    if (row.young) return;
    after = row.upto;
  }
}

async function step(pool: Pool, plan: RetentionPlan, after: string, limit: number): Promise<StepRow | "too slow"> {
  const values = [after, plan.statuses, plan.before, limit];
  try {
    const { rows } = await pool.query<StepRow>(plan.dryRun ? countSql : deleteSql, values);
    return rows[0] ?? { upto: null, looked: 0, young: true, sent: 0, retracted: 0, dead: 0 };
  } catch (error) {
    // 57014: the statement's time limit. A notification may have 10,000 recipients, so rows do not say how much there is to delete.
    if ((error as { code?: unknown } | null)?.code === "57014" && limit > 1) return "too slow";
    throw error;
  }
}
