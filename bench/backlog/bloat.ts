import { withClient } from "../lib/stage.ts";

export interface TableState {
  readonly table: string;
  readonly mib: number;
  readonly indexMib: number;
  /** As Postgres' statistics count them. */
  readonly live: number;
  readonly dead: number;
  /** Share of the table that is free or dead, by pgstattuple; absent where the extension is. */
  readonly unusedShare?: number;
}

const tables = ["notification", "notification_recipient", "notification_event", "lease"] as const;

/** Sizes and dead rows of the outbox' tables now. */
export async function tableStates(url: string): Promise<TableState[]> {
  return await withClient(url, async (client) => {
    await client.query("SELECT pg_stat_force_next_flush()");
    const hasTuples = await client.query("CREATE EXTENSION IF NOT EXISTS pgstattuple").then(
      () => true,
      () => false,
    );
    const states: TableState[] = [];
    for (const table of tables) {
      const { rows } = await client.query<Omit<TableState, "table">>(
        `SELECT round(pg_relation_size(relid) / 1048576.0, 1)::float AS mib, round(pg_indexes_size(relid) / 1048576.0, 1)::float AS "indexMib",
                n_live_tup::int AS live, n_dead_tup::int AS dead
         FROM pg_stat_user_tables WHERE schemaname = 'notify' AND relname = $1`,
        [table],
      );
      const row = rows[0];
      if (!row) throw new Error(`there is no table notify.${table}`);
      const unused = hasTuples
        ? await client.query<{ share: number }>(
            `SELECT round(((dead_tuple_len + free_space)::numeric / greatest(table_len, 1)), 3)::float AS share FROM pgstattuple($1::regclass)`,
            [`notify.${table}`],
          )
        : undefined;
      const share = unused?.rows[0]?.share;
      states.push({ table, ...row, ...(share === undefined ? {} : { unusedShare: share }) });
    }
    return states;
  });
}
