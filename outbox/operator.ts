import type { Pool } from "pg";
import { statement } from "./sql.ts";

const retryRows = statement("retry", ["ids", "enterpriseId"]);
const retractRow = statement("retract", ["id", "enterpriseId"]);
const listDeadIds = statement("list-dead-ids", ["limit", "enterpriseId"]);

/** Retries DEAD and FAILED notifications. Returns the ids of those that changed. */
export async function retryNotifications(pool: Pool, ids: readonly string[], enterpriseId?: string): Promise<string[]> {
  const query = retryRows.query({ ids, enterpriseId: enterpriseId ?? null });
  return (await pool.query<{ id: string }>(query)).rows.map(({ id }) => id);
}

/** Retracts a notification. False when it is not PENDING, FAILED or DEAD, or no longer is. */
export async function retract(pool: Pool, id: string, enterpriseId?: string): Promise<boolean> {
  return (await pool.query(retractRow.query({ id, enterpriseId: enterpriseId ?? null }))).rowCount === 1;
}

/** Ids of dead letters, oldest first. */
export async function deadIds(pool: Pool, limit: number, enterpriseId?: string): Promise<string[]> {
  const query = listDeadIds.query({ limit, enterpriseId: enterpriseId ?? null });
  return (await pool.query<{ id: string }>(query)).rows.map(({ id }) => id);
}
