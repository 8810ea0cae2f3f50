// With many rows, each query of the worker reads through its index: a plan that scans the table shows here before it shows in production.
import { readdirSync } from "node:fs";
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { recipientsPerBatch, tenantsPerClaim } from "./claims.ts";
import { poolOf, queryOf, token } from "./database.fixture.ts";
import { transaction } from "./pool.ts";
import { sqlText } from "./sql.ts";

const test = suite("plans");
const rowCount = 50_000;
let database: TestDatabase;
let pool: pg.Pool;

// As it looks after a while: most are sent, and each waiting state has a few hundred to a few thousand, of 50 tenants.
const state = `CASE WHEN i % 5 = 1 THEN 'PENDING' WHEN i % 20 > 1 THEN 'SENT' WHEN i % 1000 = 20 THEN 'DEAD'
  WHEN i % 40 = 0 THEN 'FAILED' ELSE 'PROCESSING' END`;

test.before(async () => {
  database = await testDatabase();
  pool = poolOf(database.url);
  await transaction(pool, async (client) => {
    // Without the triggers, which are not what is looked at here.
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, priority, scheduled_for, status, attempts,
         next_attempt_at, lease_token, lease_owner, lease_until, batch_id, error, sent_at)
       SELECT 'acme' || i % 50, 'email', '["u"]', i % 100, CASE WHEN i % 10 = 1 THEN now() + (i - ${rowCount / 2}) * interval '1 second' END,
         s.status, 1, CASE s.status WHEN 'FAILED' THEN now() END, CASE WHEN held THEN gen_random_uuid() END, CASE WHEN held THEN 'w' END,
         CASE WHEN held THEN now() END, CASE s.status WHEN 'FAILED' THEN gen_random_uuid() END, 'e', now()
       FROM generate_series(1, $1) AS i, LATERAL (SELECT ${state} AS status) AS s, LATERAL (SELECT s.status = 'PROCESSING' AS held) AS h`,
      [rowCount],
    );
    await client.query(
      `INSERT INTO notify.lease (token, owner, until, open, ids)
       SELECT lease_token, lease_owner, lease_until, 1, ARRAY[id] FROM notify.notification WHERE status = 'PROCESSING'`,
    );
    await client.query(
      `INSERT INTO notify.notification_event (notification_id, from_status, to_status, attempt)
       SELECT id, 'FAILED', 'PENDING', 1 FROM notify.notification, generate_series(1, 2)`,
    );
    await client.query(
      `INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status)
       SELECT id, 0, 't', 'SENT' FROM notify.notification WHERE status = 'SENT'`,
    );
  });
  await pool.query("VACUUM ANALYZE notify.notification, notify.notification_recipient, notify.notification_event");
});
test.after(async () => {
  await pool.end();
  await database.close();
});

type Values = Readonly<Record<string, unknown>>;
interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly Plan[];
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** The plan for these values; without any the one that a prepared statement keeps after a few executions. */
async function planOf(client: pg.ClientBase, file: string, values?: Values): Promise<Plan[]> {
  const query = values === undefined ? sqlText(file) : queryOf(file, values);
  const options = values === undefined ? "FORMAT JSON, GENERIC_PLAN" : "FORMAT JSON";
  const explained = { ...query, text: `EXPLAIN (${options}) ${query.text}` };
  const { rows } = await client.query<{ "QUERY PLAN": { Plan: Plan }[] }>(explained);
  const plan = rows[0]?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error(`no plan of ${file}`);
  return nodesOf(plan);
}

/** Runs `work` in a transaction that is taken back, after statements that change what the planner knows. */
async function atAnotherTime(makeItSo: string, work: (client: pg.ClientBase) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL allow_system_table_mods = on");
    await client.query(makeItSo);
    await work(client);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

const lease = 60_000;
const ids = ["1", "2", "3"];
const key = "notification_pkey";
const recipientKey = "notification_recipient_pkey";
const final = {
  notificationIds: ids,
  ordinals: [0, 0, 0],
  transactionIds: ["t", "t", "t"],
  errors: [null, null, null],
};
const errors = { errors: ["e", "e", "e"], keepBatch: [true, true, true], batches: [null, null, null] };
const held = { token: token(), owner: "w", leaseMs: lease };
const claim = { ...held, limit: 100, after: "acme1", tenantsPerClaim, recipientsPerBatch, probe: false };
const any = { enterpriseId: null };
const old = { after: "7", statuses: ["SENT"], before: "2020-01-01", limit: 100 };

/** What each statement reads through; every file of outbox/sql is here or in `others`. */
const table: Readonly<Record<string, readonly [values: Values, ...indexes: string[]]>> = {
  "claim-new": [claim, "notification_new"],
  "claim-failed": [claim, "notification_failed", "notification_waiting_batch", key],
  "claim-scheduled": [claim, "notification_scheduled", key],
  "claim-batch-rows": [{ ...held, batches: ids.map(() => token()) }, "notification_waiting_batch", key],
  rescue: [{ ...held, limit: 100, isolateFrom: 3, probe: false }, key],
  "rescue-isolated": [{ ...held, isolateFrom: 3, probe: false }, key],
  "has-poison-rows": [{ isolateFrom: 3 }, key],
  "dead-letter-expired": [{ limit: 100 }, key],
  "expire-leases": [{ owner: "w" }, key],
  "start-fan-out": [{ token: token(), ids, nextToken: token(), workflowId: "w", leaseMs: lease }, key],
  adopt: [{ token: token(), leaseMs: lease, again: true, isolateFrom: 3 }, key],
  renew: [{ token: token(), ids, leaseMs: lease }, key],
  release: [{ token: token(), ids }, key],
  "release-all": [{ owner: "w" }, key],
  "delete-empty-leases": [{}, key],
  "mark-sent": [{ token: token(), ids }, key],
  "mark-failed": [{ token: token(), ids, ...errors, retryMs: [1, 1, 1] }, key],
  "mark-dead": [{ token: token(), ids, ...errors }, key],
  "settle-sent": [{ token: token(), ids, ...final }, key],
  "record-recipients": [{ token: token(), ...final }, key],
  "list-dead-ids": [{ ...any, limit: 100 }, "notification_dead"],
  retry: [{ ...any, ids }, key, recipientKey],
  retract: [{ ...any, id: "1" }, key],
  show: [{ ...any, id: "1" }, key, recipientKey],
  "retention-count": [old, key],
  "retention-delete": [old, key],
  list: [{ ...any, status: null, workflow: null, limit: 100, before: null }, key],
  "list-inserted": [{ ids }, key],
};
/** Those that the worker prepares. */
const prepared = ["claim-new", "claim-failed", "claim-scheduled", "settle-sent"];
/** Statements on a table of one row or of few, plain inserts, and counts (see counts.test.ts). */
const probe = ["breaker-probe-end", "breaker-probe-free", "breaker-probe-take"];
const sendingPause = ["pause-start", "breaker-close", "pause-read", "breaker-open", ...probe];
const keys = ["key-create", "key-find", "key-list", "key-revoke"];
const others = ["count-by-status", "enqueue", "enqueue-json", ...sendingPause, ...keys];

const asTheyAre = "statistics as they are";
/** What autovacuum may have seen last: the planner's guesses differ, the plans must not. */
const times: Readonly<Record<string, string>> = {
  [asTheyAre]: "SELECT 1",
  "statistics from before the rows came":
    "UPDATE pg_class SET reltuples = 0, relpages = 0 WHERE relname LIKE 'notification%' AND relkind IN ('r', 'i'); DELETE FROM pg_statistic WHERE starelid = 'notify.notification'::regclass",
  "no statistics": "DELETE FROM pg_statistic WHERE starelid = 'notify.notification'::regclass",
  "statistics from when nothing waited":
    "SET LOCAL session_replication_role = replica; DELETE FROM notify.notification WHERE status <> 'SENT'; ANALYZE notify.notification",
  "statistics from when everything waited":
    "SET LOCAL session_replication_role = replica; DELETE FROM notify.notification WHERE status <> 'PENDING' OR scheduled_for IS NOT NULL; ANALYZE notify.notification",
};

test("every statement is checked here", () => {
  const entries = readdirSync(new URL("sql/", import.meta.url)).filter((entry) => entry.endsWith(".sql"));
  const files = entries.map((file) => file.replace(/\.sql$/, ""));
  assert.equal([...Object.keys(table), ...others].sort(), files.sort());
});

for (const [when, makeItSo] of Object.entries(times))
  test(`with ${when}, every statement reads through its indexes and scans no table`, () =>
    atAnotherTime(makeItSo, async (client) => {
      for (const [file, [values, ...indexes]] of Object.entries(table)) {
        const plan = [
          ...(await planOf(client, file, values)),
          ...(prepared.includes(file) ? await planOf(client, file) : []),
        ];
        const scanned = plan.filter((node) => node["Node Type"] === "Seq Scan").map((node) => node["Relation Name"]);
        assert.equal(
          // Of one row, and of one for each claim under way.
          scanned.filter((name) => name !== "sending_pause" && name !== "lease"),
          [],
          `${file} scans`,
        );
        const used = plan.map((node) => node["Index Name"]);
        // A planner that takes failed rows for few finds the other rows of its batch of a batch among all of them, still through an index.
        const needed = when === asTheyAre ? indexes : indexes.filter((index) => index !== "notification_waiting_batch");
        // Every index that begins with the tenant finds the next one, but only the partial ones find it past all that was sent.
        assert.not(
          used.includes("notification_transaction_unique"),
          `${file}, ${when}: it reads through what was sent`,
        );
        for (const index of needed)
          assert.ok(used.includes(index), `${file}, ${when}: it uses ${used.filter(Boolean).join(", ")}, not ${index}`);
      }
    }));

test("a list of a status that few rows have reads only those, however many were sent", async () => {
  const client = await pool.connect();
  try {
    const of = (status: string) => planOf(client, "list", { ...any, status, workflow: null, limit: 100, before: null });
    assert.ok((await of("DEAD")).some((node) => node["Index Name"] === "notification_dead"));
    // By the ids of the claims under way.
    assert.ok((await of("PROCESSING")).some((node) => /= ANY/.test(node["Index Cond"] ?? "")));
  } finally {
    client.release();
  }
});

test("a claim of the largest batch is quick, also for the trigger that writes the timeline", async () => {
  const started = Date.now();
  const { rowCount: claimed } = await pool.query(queryOf("claim-new", { ...claim, limit: 5_000, after: "" }));
  assert.is(claimed, 5_000);
  // A plan that joins row by row without an index takes minutes; this takes a tenth of a second on an idle machine.
  assert.ok(Date.now() - started < 8_000, `${Date.now() - started} ms`);
});

/** Whether the plan reads in order through the index of transaction ids, which holds what was sent, too. */
const readsWhatWasSent = (plan: readonly Plan[]) =>
  plan.some(
    ({ "Node Type": type, Plans: below = [] }) =>
      type === "Limit" && below.some((node) => node["Index Name"] === "notification_transaction_unique"),
  );

for (const [file, index] of [
  ["claim-new", "notification_new"],
  ["claim-failed", "notification_failed"],
  ["claim-scheduled", "notification_scheduled"],
] as const)
  test(`${file} never looks for the next tenant among the rows that were sent: only its own index has the order of its query`, () =>
    // Both begin with the tenant. With its own index out of the way, what is left is a sort, which no planner prefers to it.
    atAnotherTime(`DROP INDEX notify.${index}`, async (client) => {
      assert.not(readsWhatWasSent(await planOf(client, file, claim)));
      assert.not(readsWhatWasSent(await planOf(client, file)));
    }));

test.run();
