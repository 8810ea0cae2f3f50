import { sleep } from "../core/time.ts";
import { countByStatus } from "../outbox/counts.ts";
import { pendingMigrations } from "../outbox/migrate.ts";
import { isDatabaseAway, whyAway } from "./database-away.ts";
import type { Wired } from "./wire.ts";

/** Milliseconds between two checks: while the database is up, and while it is away. */
const intervalMs = 10_000;
const awayIntervalMs = 1_000;

/** The database component: checks the schema's version, counts the rows and reads the sending pause. That also shows whether Postgres is up. */
export async function watchDatabase(
  { database, state, components, sendingPause }: Pick<Wired, "database" | "state" | "components" | "sendingPause">,
  signal: AbortSignal,
): Promise<void> {
  const { pool } = database;
  let schemaIsCurrent = false;
  while (!signal.aborted) {
    try {
      if (!schemaIsCurrent) {
        const pending = await pendingMigrations(pool);
        schemaIsCurrent = pending.length === 0;
        state.setPendingMigrations(pending.length);
        if (!schemaIsCurrent)
          components.set("database", "down", `run \`pnpm xnovu migrate up\`: ${pending.join(", ")} missing`);
      }
      if (schemaIsCurrent) {
        state.counts = await countByStatus(pool);
        await sendingPause.refresh();
        components.set("database", "up");
      }
    } catch (error) {
      state.counts = undefined;
      schemaIsCurrent = false;
      if (!isDatabaseAway(error)) throw error;
      components.set("database", "down", whyAway(error));
    }
    await sleep(components.get("database")?.state === "up" ? intervalMs : awayIntervalMs, signal);
  }
}
