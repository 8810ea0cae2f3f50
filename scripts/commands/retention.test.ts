import { join } from "node:path";
import type pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../core/errors.ts";
import { startChild } from "../../local/child.ts";
import { xnovu } from "../../test/support/cli.ts";
import { type TestDatabase, testDatabase, testPool } from "../../test/support/database.ts";
import { type Env, root, until } from "../../test/support/worker.ts";
import type { Flags } from "../cli/command.ts";
import { retention } from "./retention.ts";

// The command as people and scripts use it; what the walk itself does is tested in outbox/retention.test.ts.
let database: TestDatabase;
let db: pg.Pool;
let env: Env;

test.before(async () => {
  database = await testDatabase();
  db = testPool(database.url, 2);
  env = { ...process.env, DATABASE_URL: database.url, NO_COLOR: "1" };
});
test.after(async () => {
  await db.end();
  await database.close();
});
test.before.each(async () => void (await db.query("DELETE FROM notify.notification")));

const insert = (status: string, count: number, days: number) =>
  db.query(
    `BEGIN; SET LOCAL session_replication_role = replica;
     INSERT INTO notify.notification (enterprise_id, workflow, recipients, status, error, sent_at, created_at, updated_at)
     SELECT 'acme', 'email', '["u"]', '${status}', 'e', at, at, at
     FROM generate_series(1, ${count}), LATERAL (SELECT now() - interval '${days} days' AS at) AS a; COMMIT`,
  );
const left = async () => {
  const { rows } = await db.query<{ n: string }>(
    "SELECT status || ' ' || count(*) AS n FROM notify.notification GROUP BY status ORDER BY 1",
  );
  return rows.map(({ n }) => n).join(", ");
};

test("it deletes what is old and finished, dead letters only when they are named, and says how many", async () => {
  await insert("SENT", 3, 31);
  await insert("RETRACTED", 2, 31);
  await insert("DEAD", 1, 31);
  await insert("SENT", 1, 2);
  const dry = await xnovu(["retention", "--older-than", "30d", "--dry-run"], env);
  assert.match(dry.out, /^would delete 5 that ended before \d{4}-\S+Z: 3 SENT, 2 RETRACTED\n$/);
  assert.is(await left(), "DEAD 1, RETRACTED 2, SENT 4");
  const done = await xnovu(["retention", "--older-than", "30d", "--batch", "2", "--json"], env);
  assert.is(done.code, 0, done.err);
  const { before, ...said } = JSON.parse(done.out);
  assert.ok(Math.abs(Date.parse(before) - Date.now() + 30 * 86_400_000) < 60_000);
  assert.equal(said, {
    states: ["SENT", "RETRACTED"],
    dryRun: false,
    stopped: false,
    batches: 4,
    deleted: { SENT: 3, RETRACTED: 2, DEAD: 0 },
  });
  assert.is(await left(), "DEAD 1, SENT 1");
  assert.match(
    (await xnovu(["retention", "--older-than", "4w", "--states", "dead"], env)).out,
    /^deleted 1 .* 1 DEAD\n/,
  );
});

test("a period under a day needs --yes", async () => {
  await insert("SENT", 1, 1);
  const refused = await xnovu(["retention", "--older-than", "23h"], env);
  assert.is(refused.code, 2);
  assert.match(refused.err, "--yes");
  assert.is(await left(), "SENT 1");
  assert.match((await xnovu(["retention", "--older-than", "23h", "--dry-run"], env)).out, /^would delete 1 /);
  assert.match((await xnovu(["retention", "--older-than", "23h", "--yes"], env)).out, /^deleted 1 /);
});

test("wrong use changes nothing, and the error says what is right", async () => {
  await insert("SENT", 1, 90);
  const bad: readonly (readonly [Flags, RegExp])[] = [
    [{}, /--older-than must be a period such as 30d/],
    [{ olderThan: "30" }, /--older-than must be a period/],
    [{ olderThan: "30d", states: "SENT,PENDING" }, /--states takes SENT, RETRACTED, DEAD, not PENDING/],
    [{ olderThan: "30d", states: "," }, /--states takes/],
    [{ olderThan: "30d", batch: "0" }, /--batch must be a whole number/],
  ];
  const context = {
    env,
    root,
    cwd: root,
    interactive: false,
    color: false,
    out: assert.unreachable,
    note: () => undefined,
  };
  for (const [flags, reason] of bad)
    try {
      await retention.run(context, [], { states: "SENT,RETRACTED", batch: "5000", ...flags });
      assert.unreachable(JSON.stringify(flags));
    } catch (error) {
      assert.instance(error, UsageError, String(error));
      assert.match(String(error), reason);
    }
  assert.is(await left(), "SENT 1");
});

test("Ctrl-C stops it between two batches with 130; the rest is still there, and progress was reported", async () => {
  await insert("SENT", 400, 31);
  await db.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN OLD; END';
    CREATE TRIGGER slow BEFORE DELETE ON notify.notification FOR EACH ROW EXECUTE FUNCTION slow()`);
  const lines: string[] = [];
  const child = await startChild({
    name: "retention",
    file: process.execPath,
    args: [join(root, "scripts/xnovu.mjs"), "retention", "--older-than", "30d", "--batch", "1", "--json"],
    cwd: root,
    env: { NODE_ENV: "test", ...env },
    sink: (line) => void lines.push(line),
  });
  try {
    await until(() => lines.some((line) => /\d+ rows read, \d+ deleted/.test(line)));
    assert.equal(await child.stop({ signal: "SIGINT", limitMs: 10_000 }), { code: 130, signal: null });
    const { stopped, deleted } = JSON.parse(lines.find((line) => line.includes("{"))?.replace(/^[^{]*/, "") ?? "");
    assert.is(stopped, true);
    assert.ok(deleted.SENT > 0 && deleted.SENT < 400, String(deleted.SENT));
    assert.is(await left(), `SENT ${400 - deleted.SENT}`);
  } finally {
    await child.stop({ signal: "SIGKILL" });
    await db.query("DROP FUNCTION slow() CASCADE");
  }
});

test.run();
