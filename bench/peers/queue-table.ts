import type { Pool } from "pg";

/** The least queue that Postgres can hold. */
export const queueTable = `
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.queue (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body   jsonb NOT NULL,
  status text  NOT NULL DEFAULT 'waiting'
);
CREATE INDEX IF NOT EXISTS queue_waiting ON bench.queue (id) WHERE status = 'waiting';`;

export interface QueueRow<T> {
  readonly id: string;
  readonly body: T;
}

export async function claim<T>(pool: Pool, limit: number): Promise<QueueRow<T>[]> {
  const { rows } = await pool.query<QueueRow<T>>(
    `UPDATE bench.queue SET status = 'taken' WHERE id = ANY (ARRAY(
       SELECT id FROM bench.queue WHERE status = 'waiting' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED))
     RETURNING id, body`,
    [limit],
  );
  return rows;
}

export const complete = (pool: Pool, ids: readonly string[]) =>
  pool.query("UPDATE bench.queue SET status = 'done' WHERE id = ANY ($1::bigint[]) AND status = 'taken'", [ids]);
