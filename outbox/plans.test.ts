// With many rows, each query of the worker reads through its index: a plan that scans the table shows here before it shows in production.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { poolOf, token } from "./database.fixture.ts";
import { transaction } from "./pool.ts";
import { sql } from "./sql.ts";

const test = suite("plans");
const rowCount = 50_000;
let database: TestDatabase;
let pool: pg.Pool;

test.before(async () => {
  database = await testDatabase();
  pool = poolOf(database.url);
  // As it looks after a while: most are sent, and each waiting state has a few hundred to a few thousand.
  const state = `CASE WHEN i % 5 = 1 THEN 'PENDING' WHEN i % 20 > 1 THEN 'SENT' WHEN i % 1000 = 20 THEN 'DEAD'
    WHEN i % 40 = 0 THEN 'FAILED' ELSE 'PROCESSING' END`;
  await transaction(pool, async (client) => {
    // Without the triggers, which are not what is looked at here.
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, priority, scheduled_for, status, attempts,
         next_attempt_at, lease_token, lease_owner, lease_until, batch_id, error, sent_at)
       SELECT 'acme', 'email', '["u"]', i % 100, CASE WHEN i % 10 = 1 THEN now() + (i - ${rowCount / 2}) * interval '1 second' END,
         s.status, 1, CASE s.status WHEN 'FAILED' THEN now() END, CASE WHEN held THEN gen_random_uuid() END, CASE WHEN held THEN 'w' END,
         CASE WHEN held THEN now() END, CASE s.status WHEN 'FAILED' THEN gen_random_uuid() END, 'e', now()
       FROM generate_series(1, $1) AS i, LATERAL (SELECT ${state} AS status) AS s, LATERAL (SELECT s.status = 'PROCESSING' AS held) AS h`,
      [rowCount],
    );
  });
  await pool.query("VACUUM ANALYZE notify.notification");
});
test.after(async () => {
  await pool.end();
  await database.close();
});

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly Plan[];
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

async function planOf(file: string, values: readonly unknown[]): Promise<Plan[]> {
  const { rows } = await pool.query<{ "QUERY PLAN": { Plan: Plan }[] }>(`EXPLAIN (FORMAT JSON) ${sql(file)}`, [
    ...values,
  ]);
  const plan = rows[0]?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error(`no plan of ${file}`);
  return nodesOf(plan);
}

const lease = 60_000;
const ids = ["1", "2", "3"];
const table: readonly [string, readonly unknown[], string][] = [
  ["claim-new", [token(), "w", lease, 100], "notification_new"],
  ["claim-failed", [token(), "w", lease, 100], "notification_failed"],
  ["claim-failed", [token(), "w", lease, 100], "notification_failed_batch"],
  ["claim-scheduled", [token(), "w", lease, 100], "notification_scheduled"],
  ["take-over", [token(), "w", lease, 100], "notification_lease_until"],
  ["bury-expired", [100], "notification_lease_until"],
  ["adopt", [token(), "w", lease], "notification_lease_token"],
  ["renew", [token(), lease], "notification_lease_token"],
  ["release", [token(), null], "notification_lease_token"],
  ["mark-sent", [token(), ids], "notification_lease_token"],
  ["list-dead-ids", [100, null], "notification_dead"],
  ["redrive", [ids, null], "notification_pkey"],
  ["retract", ["1", null], "notification_pkey"],
  ["show", ["1", null], "notification_pkey"],
  ["list", [null, null, null, 100, null], "notification_pkey"],
];

for (const [file, values, index] of table)
  test(`${file} reads through ${index}, and scans no table`, async () => {
    const plan = await planOf(file, values);
    const scanned = plan.filter((node) => node["Node Type"] === "Seq Scan").map((node) => node["Relation Name"]);
    assert.equal(scanned, []);
    const used = plan.map((node) => node["Index Name"]);
    assert.ok(used.includes(index), `it uses ${used.filter(Boolean).join(", ")}`);
  });

test("a claim of the largest batch is quick, also for the trigger that writes the timeline", async () => {
  const started = Date.now();
  const { rowCount: claimed } = await pool.query(sql("claim-new"), [token(), "w", lease, 5_000]);
  assert.is(claimed, 5_000);
  // A plan that joins row by row without an index takes minutes; this takes a tenth of a second on an idle machine.
  assert.ok(Date.now() - started < 8_000, `${Date.now() - started} ms`);
});

test.run();
