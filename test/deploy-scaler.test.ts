import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, find, listAt, parseManifests } from "../scripts/dev/deploy-check/manifest.ts";
import { testDatabase } from "./support/database.ts";

// KEDA's query and login from deploy/kubernetes, on a real Postgres.

const folder = join(process.cwd(), "deploy/kubernetes");
const place = join(folder, "components/keda/autoscaling-keda.yaml");
const scaled = find(parseManifests(readFileSync(place, "utf8"), place), "ScaledObject", "xnovu-worker");
const trigger = listAt(scaled, "spec", "triggers").find((entry) => at(entry, "type") === "postgresql");
const query = String(at(trigger, "metadata", "query"));

const database = await testDatabase();
const owner = new pg.Client({ connectionString: database.url });
owner.on("error", () => undefined);
await owner.connect();

// Roles belong to the whole server, which other tests share.
const login = `xnovu_scaler_${randomBytes(4).toString("hex")}`;
const password = randomBytes(12).toString("hex");

const insert = (status: string, count: number, more: Readonly<Record<string, string>> = {}) => {
  const columns = {
    enterprise_id: "'acme'",
    workflow: "'sms'",
    recipients: `'["ada"]'::jsonb`,
    status: `'${status}'`,
    ...more,
  };
  const [names, values] = [Object.keys(columns).join(", "), Object.values(columns).join(", ")];
  return owner.query(`INSERT INTO notify.notification (${names}) SELECT ${values} FROM generate_series(1, ${count})`);
};

async function fill(): Promise<void> {
  // Rows in every state at once: the triggers let none but PENDING in.
  await owner.query("SET session_replication_role = replica");
  await insert("SENT", 20_000, { sent_at: "now()" });
  await insert("PENDING", 7);
  await insert("PENDING", 5, { scheduled_for: "now() - interval '1 minute'" });
  await insert("PENDING", 300, { scheduled_for: "now() + interval '1 hour'" });
  await insert("FAILED", 3, { next_attempt_at: "now() - interval '1 second'", error: "'away'", attempts: "1" });
  await insert("FAILED", 200, { next_attempt_at: "now() + interval '1 hour'", error: "'away'", attempts: "1" });
  await owner.query("SET session_replication_role = origin");
  await owner.query("VACUUM ANALYZE notify.notification");
}

async function asScaler<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(database.url);
  [url.username, url.password] = [login, password];
  const client = new pg.Client({ connectionString: url.href });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test.before(async () => {
  await fill();
  const script = readFileSync(join(folder, "examples/scaler-login.sql"), "utf8");
  await owner.query(script.replaceAll("xnovu_scaler", login).replaceAll(":'password'", `'${password}'`));
});

test.after(async () => {
  await owner.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
  await owner.end();
  await database.close();
});

test("the scaler's login counts only due rows", async () => {
  const { rows } = await asScaler((client) => client.query<{ count: string }>(query));
  assert.equal(rows, [{ count: "15" }]);
});

test("it can read nothing else and change nothing", async () => {
  for (const [text, message] of [
    ["SELECT payload FROM notify.notification LIMIT 1", "permission denied"],
    ["SELECT count(*) FROM notify.notification_recipient", "permission denied"],
    ["SELECT reason FROM notify.sending_pause", "permission denied"],
    ["UPDATE notify.notification SET status = 'SENT'", "read-only transaction|permission denied"],
    ["SELECT notify.enqueue('acme', 'sms', '[\"ada\"]'::jsonb)", "permission denied|read-only transaction"],
  ] as const)
    await asScaler((client) => client.query(text)).then(
      () => assert.unreachable(text),
      (error: unknown) => assert.match(String(error), new RegExp(message), text),
    );
});

test("each part of the query uses the index of its loop", async () => {
  const { rows } = await asScaler((client) => client.query<{ "QUERY PLAN": string }>(`EXPLAIN ${query}`));
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  for (const index of ["notification_new", "notification_scheduled", "notification_failed"])
    assert.match(plan, new RegExp(`Index (Only )?Scan (using|on) ${index} `), plan);
  assert.not.match(plan, /Seq Scan on notification/, plan);
});

test("the count is 0 while sending is paused, and until a call has succeeded or 15 s have passed", async () => {
  const counted = async (until: string) => {
    await owner.query(`UPDATE notify.sending_pause SET paused_until = ${until}, reason = 'Novu: 401'`);
    return await asScaler(async (client) => (await client.query<{ count: string }>(query)).rows[0]?.count);
  };
  assert.is(await counted("now() + interval '1 minute'"), "0");
  assert.is(
    await counted("now() - interval '1 second'"),
    "0",
    "the workers send a single notification, and Novu may refuse it again",
  );
  assert.is(await counted("now() - interval '20 seconds'"), "15");
  assert.is(await counted("NULL"), "15", "a call has succeeded");
});

test.run();
