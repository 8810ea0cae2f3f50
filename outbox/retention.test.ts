// What the walk deletes and what it leaves, against a real database: states, ages, the tables beneath, two at once, the plan.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { statuses } from "../core/notification.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { openDatabase, queryOf, rowIn } from "./database.fixture.ts";
import { createPool, transaction } from "./pool.ts";
import { finished, momentBack, type RetentionPlan, type RetentionStep, retire } from "./retention.ts";

const test = suite("retention");
const dayMs = 86_400_000;
let database: TestDatabase;
let pool: pg.Pool;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
});
test.before.each(async () => void (await pool.query("DELETE FROM notify.notification")));

/** Moves every time of these rows into the past, which no command can. */
const age = (ids: readonly string[], days: number) =>
  transaction(pool, async (client) => {
    await client.query("SET LOCAL session_replication_role = replica");
    const back = (column: string) => `${column} = ${column} - $2 * interval '1 day'`;
    const columns = ["created_at", "updated_at", "sent_at", "next_attempt_at", "lease_until"].map(back).join(", ");
    await client.query(`UPDATE notify.notification SET ${columns} WHERE id = ANY ($1::bigint[])`, [ids, days]);
  });
async function oldRows(status: (typeof statuses)[number], count: number, days: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await rowIn(pool, status));
  await age(ids, days);
  return ids;
}
const kept = async () =>
  (await pool.query<{ id: string }>("SELECT id FROM notify.notification ORDER BY id")).rows.map(({ id }) => id);

async function run(change: Partial<RetentionPlan> = {}, on: pg.Pool = pool) {
  const before = await momentBack(on, 30 * dayMs);
  const plan: RetentionPlan = { statuses: ["SENT", "RETRACTED"], before, batch: 100, dryRun: false, ...change };
  const steps: RetentionStep[] = [];
  for await (const step of retire(on, plan)) steps.push(step);
  const of = (status: (typeof finished)[number]) => steps.reduce((sum, { gone }) => sum + gone[status], 0);
  return { SENT: of("SENT"), RETRACTED: of("RETRACTED"), DEAD: of("DEAD"), steps: steps.length };
}

test("old sent and retracted notifications are deleted; younger ones, dead letters and waiting ones stay", async () => {
  const old = new Map<string, string[]>();
  for (const status of statuses) old.set(status, await oldRows(status, 2, 31));
  for (const status of statuses) await oldRows(status, 1, 29);
  const all = await kept();
  assert.equal(await run(), { SENT: 2, RETRACTED: 2, DEAD: 0, steps: 1 });
  const gone = [...(old.get("SENT") ?? []), ...(old.get("RETRACTED") ?? [])];
  assert.equal(
    await kept(),
    all.filter((id) => !gone.includes(id)),
  );
  assert.equal(await run(), { SENT: 0, RETRACTED: 0, DEAD: 0, steps: 1 }, "a second run finds nothing");
  assert.equal(await run({ statuses: ["DEAD"] }), { SENT: 0, RETRACTED: 0, DEAD: 2, steps: 1 });
});

test("a waiting row stays, whatever the plan contains", async () => {
  for (const status of ["PENDING", "PROCESSING", "FAILED"] as const) await oldRows(status, 1, 400);
  const unfinished = ["PENDING", "PROCESSING", "FAILED"] as unknown as RetentionPlan["statuses"]; // past the type, to reach the guard in the SQL
  await run({ statuses: unfinished });
  await run({ statuses: unfinished, dryRun: true });
  assert.is((await kept()).length, 3);
});

test("a notification ends when it is retracted, not when it was sent", async () => {
  const ids = await oldRows("SENT", 1, 40);
  await pool.query("UPDATE notify.notification SET status = 'RETRACTED', updated_at = now() WHERE id = $1", [ids[0]]);
  assert.is((await run()).RETRACTED, 0);
  await age(ids, 31);
  assert.is((await run()).RETRACTED, 1);
});

test("the timeline and the recipients' outcomes are deleted with their notification, and only with it", async () => {
  const [gone] = await oldRows("SENT", 1, 31);
  const [stays] = await oldRows("SENT", 1, 1);
  await pool.query(
    "INSERT INTO notify.notification_recipient (notification_id, ordinal, transaction_id, status) SELECT unnest($1::bigint[]), 0, 't', 'SENT'",
    [[gone, stays]],
  );
  assert.is((await run()).SENT, 1);
  for (const table of ["notification_event", "notification_recipient"]) {
    const { rows } = await pool.query<{ id: string }>(`SELECT DISTINCT notification_id AS id FROM notify.${table}`);
    assert.equal(rows, [{ id: stays }], table);
  }
});

test("a dry run counts the same and changes nothing", async () => {
  await oldRows("SENT", 5, 31);
  await oldRows("RETRACTED", 2, 31);
  await oldRows("DEAD", 1, 31);
  const state = () =>
    pool
      .query("SELECT md5(string_agg(n::text, '' ORDER BY n.id)) AS rows FROM notify.notification n")
      .then((r) => r.rows);
  const before = await state();
  const counted = await run({ dryRun: true, batch: 3, statuses: [...finished] });
  assert.equal(await state(), before);
  assert.equal(await run({ batch: 3, statuses: [...finished] }), counted);
  assert.equal(counted, { SENT: 5, RETRACTED: 2, DEAD: 1, steps: 3 });
});

test("batches start with the oldest, each in its own transaction, and ending the iteration ends the run", async () => {
  const ids = await oldRows("SENT", 7, 31);
  const before = await momentBack(pool, 30 * dayMs);
  const walk = retire(pool, { statuses: ["SENT"], before, batch: 3, dryRun: false });
  assert.equal((await walk.next()).value, { looked: 3, gone: { SENT: 3, RETRACTED: 0, DEAD: 0 } });
  assert.equal(await kept(), ids.slice(3));
  await walk.return(undefined);
  assert.equal(await kept(), ids.slice(3));
});

test("remaining rows at the low end do not block it, and it ends where all rows are too young", async () => {
  await oldRows("DEAD", 5, 50);
  await oldRows("SENT", 4, 31);
  await oldRows("SENT", 9, 1);
  // 2 + 2 + (1 dead, 1 old) + 2 old + (1 old, 1 young) + the first range of young ones.
  assert.equal(await run({ batch: 2 }), { SENT: 4, RETRACTED: 0, DEAD: 0, steps: 6 });
});

test("rows locked by another transaction are skipped without waiting: two runs at once, and a retry by a person", async () => {
  const ids = await oldRows("SENT", 6, 31);
  await transaction(pool, async (other) => {
    await other.query("SELECT FROM notify.notification WHERE id = ANY ($1::bigint[]) FOR UPDATE", [ids.slice(0, 2)]);
    const impatient = createPool({ url: database.url, poolSize: 2, statementTimeoutMs: 2_000, name: "test" });
    try {
      assert.is((await run({ batch: 2 }, impatient)).SENT, 4);
    } finally {
      await impatient.end();
    }
  });
  assert.equal(await kept(), ids.slice(0, 2));

  const more = await oldRows("SENT", 40, 31);
  const [one, two] = await Promise.all([run({ batch: 3 }), run({ batch: 3 })]);
  assert.is(one.SENT + two.SENT, more.length + 2);
  assert.equal(await kept(), []);
});

test("a range that exceeds the time limit is repeated with half the rows", async () => {
  await oldRows("SENT", 8, 31);
  await pool.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN OLD; END';
    CREATE TRIGGER slow BEFORE DELETE ON notify.notification FOR EACH ROW EXECUTE FUNCTION slow()`);
  const hasty = createPool({ url: database.url, poolSize: 2, statementTimeoutMs: 700, name: "test" });
  try {
    const { SENT, steps } = await run({ batch: 8 }, hasty);
    assert.is(SENT, 8);
    // 8 and 4 rows are too slow; 2 are not, unless the machine is.
    assert.ok(steps >= 4, `${steps} steps`);
    assert.equal(await kept(), []);
  } finally {
    await hasty.end();
    await pool.query("DROP FUNCTION slow() CASCADE");
  }
});

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly Plan[];
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

test("with many rows each step reads by the primary key, with statistics and without", async () => {
  await transaction(pool, async (client) => {
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, status, sent_at, error)
       SELECT 'acme', 'email', '["u"]', CASE WHEN i % 10 = 0 THEN 'DEAD' ELSE 'SENT' END, now(), 'e' FROM generate_series(1, 80000) AS i`,
    );
  });
  for (const prepare of ["SELECT", "VACUUM ANALYZE notify.notification"]) {
    await pool.query(prepare);
    for (const file of ["retention-delete", "retention-count"]) {
      const before = new Date().toISOString();
      const query = queryOf(file, { after: "10000", statuses: ["SENT", "RETRACTED"], before, limit: 1_000 });
      const explained = { ...query, text: `EXPLAIN (FORMAT JSON) ${query.text}` };
      const { rows } = await pool.query<{ "QUERY PLAN": { Plan: Plan }[] }>(explained);
      const plan = rows[0]?.["QUERY PLAN"][0]?.Plan;
      if (plan === undefined) throw new Error(`no plan of ${file}`);
      const read = nodesOf(plan).filter(
        (node) => node["Relation Name"] === "notification" && node["Node Type"] !== "ModifyTable",
      );
      assert.ok(read.length > 0);
      for (const node of read)
        assert.match(node["Node Type"], /^Index( Only)? Scan|^Bitmap Heap Scan/, `${prepare}: ${file}`);
      const used = nodesOf(plan).flatMap((node) => node["Index Name"] ?? []);
      assert.equal([...new Set(used)], ["notification_pkey"], `${prepare}: ${file}`);
    }
  }
});

test.run();
