import { randomUUID } from "node:crypto";
import type * as SqlModule from "../../outbox/sql.ts";
import { withClient } from "../lib/stage.ts";

const kinds = ["new", "scheduled", "failed"] as const;
const claim = {
  token: "",
  owner: "bench",
  leaseMs: 60_000,
  limit: 500,
  after: "",
  tenantsPerClaim: 16,
  recipientsPerBatch: 100,
  probe: false,
};

/** The plans of the three polling queries as they are run, with what they really touched. @throws when one reads the whole table. */
export async function claimPlans(dist: string, url: string): Promise<Record<string, readonly string[]>> {
  const { statement } = (await import(`${dist}/outbox/sql.js`)) as typeof SqlModule;
  const plans: Record<string, readonly string[]> = {};
  await withClient(url, async (client) => {
    for (const kind of kinds) {
      const query = statement(`claim-${kind}`, Object.keys(claim)).query({ ...claim, token: randomUUID() });
      await client.query("BEGIN");
      const { rows } = await client.query<{ "QUERY PLAN": string }>({
        ...query,
        text: `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${query.text}`,
      });
      await client.query("ROLLBACK");
      plans[kind] = rows.map((row) => row["QUERY PLAN"]);
      const whole = plans[kind].find((line) => /Seq Scan on notification\b/.test(line));
      if (whole) throw new Error(`claim-${kind} reads the whole table: ${whole}`);
    }
  });
  return plans;
}
