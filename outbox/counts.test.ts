// How many rows wait, and for how long: what the metrics, the alerts and `doctor` say of the backlog.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countByStatus } from "./counts.ts";
import { openDatabase, queryOf } from "./database.fixture.ts";
import { transaction } from "./pool.ts";

const test = suite("counts");
let pool: pg.Pool;

openDatabase(test, (opened) => {
  pool = opened.pool;
});
test.before.each(async () => {
  await pool.query("TRUNCATE notify.notification, notify.notification_recipient");
});

/** `status, created_at, scheduled_for, next_attempt_at, error` of a row that is due since `$3` seconds. */
const dueSince = {
  new: "'PENDING', now() - $3 * interval '1 s', NULL, NULL, NULL",
  scheduled: "'PENDING', now() - interval '1 day', now() - $3 * interval '1 s', NULL, NULL",
  failed: "'FAILED', now() - interval '1 day', NULL, now() - $3 * interval '1 s', 'e'",
} as const;
type Kind = keyof typeof dueSince;
const kinds = ["new", "scheduled", "failed"] as const;

/** Rows of a tenant, without the triggers, which are not what is looked at here. */
const due = (kind: Kind, tenant: string, count: number, seconds: number, priority = 50) =>
  transaction(pool, async (client) => {
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, priority, status, created_at, scheduled_for, next_attempt_at, error)
       SELECT $1, 'email', '["u"]', $4::int, ${dueSince[kind]} FROM generate_series(1, $2)`,
      [tenant, count, seconds, priority],
    );
  });

const oldestSeconds = async () => Math.floor((await countByStatus(pool)).oldestDueMs / 1_000);
const between = (value: number, from: number, to: number) => assert.ok(value >= from && value < to, String(value));

for (const kind of kinds)
  test(`${kind}: one tenant's 10,001 fresh rows do not hide another's old one`, async () => {
    await due(kind, "loud", 10_001, 1);
    await due(kind, "quiet", 1, 600);
    between(await oldestSeconds(), 600, 660);
  });

test("the oldest is the oldest of all kinds, and what is not due yet has not waited", async () => {
  await due("new", "acme", 1, 20);
  await due("scheduled", "acme", 1, 400);
  await due("failed", "beta", 1, 90);
  between(await oldestSeconds(), 400, 460);
  await pool.query("TRUNCATE notify.notification, notify.notification_recipient");
  for (const kind of ["scheduled", "failed"] as const) await due(kind, "acme", 1, -600);
  assert.is(await oldestSeconds(), 0);
});

test("a row behind others of a higher priority counts once it reaches the head", async () => {
  await due("new", "acme", 1, 100, 0);
  await due("new", "acme", 1, 10, 100);
  between(await oldestSeconds(), 10, 70);
});

test("each count stops at 10,001, also where rows are due in three ways", async () => {
  for (const kind of kinds) await due(kind, "acme", 5_000, 1);
  assert.is((await countByStatus(pool)).due, 10_001);
  await due("failed", "acme", 6_000, 1);
  assert.is((await countByStatus(pool)).failed, 10_001);
});

test("with many rows it looks for the oldest through the indexes, also where statistics say nothing", async () => {
  for (const kind of kinds) for (const tenant of ["a", "b", "c"]) await due(kind, tenant, 10_000, 1);
  const forget = "DELETE FROM pg_statistic WHERE starelid = 'notify.notification'::regclass";
  for (const prepare of ["ANALYZE notify.notification", forget]) {
    await pool.query(prepare);
    const query = queryOf("count-by-status", { countLimit: 10_001, tenantLimit: 1_000 });
    const { rows } = await pool.query<{ "QUERY PLAN": string }>({ ...query, text: `EXPLAIN ${query.text}` });
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    for (const kind of kinds) assert.match(plan, `using notification_${kind} on notification n`);
  }
});

test.run();
