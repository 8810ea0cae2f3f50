import type { ClientBase } from "pg";
import type { Stage } from "./stage.ts";

/** Someone who is measured: how its rows get in, how one sees that they are done, and the processes that do the work. */
export interface Contender {
  readonly name: string;
  /** For plots and tables. */
  readonly label: string;
  /** Where it is slow: rows of a round, when not everyone's. */
  readonly rows?: number;
  /** Makes its tables. */
  prepare(databaseUrl: string): Promise<void>;
  /** Empties them. */
  clear(client: ClientBase): Promise<void>;
  /** Inserts rows, in the caller's transaction. `series` makes transaction ids that were not used before. */
  fill(client: ClientBase, rows: number, series: string): Promise<void>;
  /** Rows that are not finished. */
  unfinished(client: ClientBase): Promise<number>;
  start(stage: Stage, databaseUrl: string): Promise<Running>;
}

export interface Running {
  readonly pids: readonly number[];
  /** Rows were committed. */
  go(): void;
  stop(): Promise<void>;
}

/** The event that every contender sends, as SQL over a row `n` of generate_series. $1 rows, $2 series. */
export const eventSql = {
  to: `jsonb_build_object('subscriberId', 's' || n, 'email', 's' || n || '@example.com')`,
  payload: `jsonb_build_object('subject', 'Your order ' || n || ' has shipped', 'body', repeat('It arrives tomorrow. ', 8))`,
  whole: `jsonb_build_object('name', 'email',
    'to', jsonb_build_object('subscriberId', 's' || n, 'email', 's' || n || '@example.com'),
    'payload', jsonb_build_object('subject', 'Your order ' || n || ' has shipped', 'body', repeat('It arrives tomorrow. ', 8)),
    'transactionId', 'bench:' || $2 || '-' || n || ':0')`,
} as const;

export async function countOf(client: ClientBase, text: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(text);
  return rows[0]?.count ?? Number.NaN;
}
