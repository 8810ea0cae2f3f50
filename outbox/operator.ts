import type { Pool } from "pg";
import { sql } from "./sql.ts";

const redriveSql = sql("retry");
const retractSql = sql("retract");
const deadSql = sql("list-dead-ids");

/** Sends DEAD and FAILED notifications again. Returns the ids that it changed. */
export async function retryNotifications(pool: Pool, ids: readonly string[], enterpriseId?: string): Promise<string[]> {
  return (await pool.query<{ id: string }>(redriveSql, [ids, enterpriseId ?? null])).rows.map(({ id }) => id);
}

/** Takes a notification back. False when it is not PENDING, FAILED or DEAD (any more). */
export async function retract(pool: Pool, id: string, enterpriseId?: string): Promise<boolean> {
  return (await pool.query(retractSql, [id, enterpriseId ?? null])).rowCount === 1;
}

/** Ids of dead letters, oldest first. */
export async function deadIds(pool: Pool, limit: number, enterpriseId?: string): Promise<string[]> {
  return (await pool.query<{ id: string }>(deadSql, [limit, enterpriseId ?? null])).rows.map(({ id }) => id);
}
