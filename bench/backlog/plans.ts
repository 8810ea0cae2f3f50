import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withClient } from "../lib/stage.ts";

const kinds = ["new", "scheduled", "failed"] as const;

/** The plans of the three polling queries as they are run, with what they really touched. @throws when one reads the whole table. */
export async function claimPlans(dist: string, url: string): Promise<Record<string, readonly string[]>> {
  const plans: Record<string, readonly string[]> = {};
  await withClient(url, async (client) => {
    for (const kind of kinds) {
      const sql = readFileSync(join(dist, "outbox/sql", `claim-${kind}.sql`), "utf8");
      await client.query("BEGIN");
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${sql}`,
        [randomUUID(), "bench", 60_000, 500, "", false],
      );
      await client.query("ROLLBACK");
      plans[kind] = rows.map((row) => row["QUERY PLAN"]);
      const whole = plans[kind].find((line) => /Seq Scan on notification\b/.test(line));
      if (whole) throw new Error(`claim-${kind} reads the whole table: ${whole}`);
    }
  });
  return plans;
}
