import type { Pool } from "pg";
import { statement } from "./sql.ts";

const parameters = ["after", "statuses", "before", "limit"] as const;
const deleteRows = statement("retention-delete", parameters);
const countRows = statement("retention-count", parameters);

/** Final states, unless a person acts. */
export const finished = ["SENT", "RETRACTED", "DEAD"] as const;
export type Finished = (typeof finished)[number];

export interface RetentionPlan {
  readonly statuses: readonly Finished[];
  /** ISO 8601. Notifications that ended before are deleted. A notification ends when it is sent, retracted or moved to the dead letters. */
  readonly before: string;
  /** Rows to look at in one transaction, and so the most that it deletes. */
  readonly batch: number;
  /** Counts, and deletes nothing. */
  readonly dryRun: boolean;
}

/** The result of one transaction. */
export interface RetentionStep {
  readonly looked: number;
  /** Deleted rows; in a dry run, those that would be. */
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

/** `ms` ago by the database's clock, ISO 8601. */
export async function momentBack(pool: Pool, ms: number): Promise<string> {
  const { rows } = await pool.query<{ at: Date }>("SELECT now() - $1 * interval '1 millisecond' AS at", [ms]);
  return (rows[0]?.at ?? new Date(0)).toISOString();
}

/**
 * Deletes finished notifications, oldest first, and yields after each transaction. It ends when its consumer ends the iteration. Rows that another
 * transaction has locked are left out. A range that exceeds the statement's time limit is repeated with half the rows.
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
    // Ids grow with the time of insertion, and no row ends before it: after a range of rows that are all too young there is nothing to delete.
    if (row.young) return;
    after = row.upto;
  }
}

async function step(pool: Pool, plan: RetentionPlan, after: string, limit: number): Promise<StepRow | "too slow"> {
  const values = { after, statuses: plan.statuses, before: plan.before, limit };
  try {
    const { rows } = await pool.query<StepRow>((plan.dryRun ? countRows : deleteRows).query(values));
    return rows[0] ?? { upto: null, looked: 0, young: true, sent: 0, retracted: 0, dead: 0 };
  } catch (error) {
    // 57014: the statement's time limit. A notification may have 10,000 recipients, so the number of rows says little about the work.
    if ((error as { code?: unknown } | null)?.code === "57014" && limit > 1) return "too slow";
    throw error;
  }
}
