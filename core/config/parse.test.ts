import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SettingsError } from "../errors.ts";
import { type Env, parse, secretsOf } from "./parse.ts";
import { type Group, variables } from "./variables.ts";

const test = suite("settings", { folder: "" });
const groups = Object.keys(variables) as Group[];
const needed = { NOVU_SECRET_KEY: "key-of-novu", DATABASE_URL: "postgresql://u:pass-word@h:5432/d" };

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "xnovu-settings-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

function problemsOf(env: Env, groupNames: readonly Group[] = groups): readonly string[] {
  try {
    parse(env, groupNames);
    return [];
  } catch (error) {
    assert.instance(error, SettingsError);
    assert.is((error as SettingsError).exitCode, 78);
    return (error as SettingsError).problems;
  }
}

test("every variable of the deployment guide has the guide's default", () => {
  const s = parse(needed, groups);
  const table: [string, unknown, unknown][] = [
    ["NOVU_SECRET_KEY", s.novu.secretKey, "key-of-novu"],
    ["SUPABASE_SERVICE_ROLE_KEY", s.supabase.serviceRoleKey, undefined],
    ["NEXT_PUBLIC_SUPABASE_URL", s.supabase.url, undefined],
    ["DATABASE_URL", s.database.url, needed.DATABASE_URL],
    ["TEMPORAL_ADDRESS", s.temporal.address, "localhost:7233"],
    ["TEMPORAL_NAMESPACE", s.temporal.namespace, "xnovu"],
    ["TEMPORAL_TASK_QUEUE", s.temporal.taskQueue, "xnovu-notification-processing"],
    ["POLL_INTERVAL_MS", s.worker.pollIntervalMs, 10_000],
    ["FAILED_POLL_INTERVAL_MS", s.worker.failedPollIntervalMs, 60_000],
    ["SCHEDULED_POLL_INTERVAL_MS", s.worker.scheduledPollIntervalMs, 30_000],
    ["POLL_BATCH_SIZE", s.worker.batchSize, 100],
    ["WORKER_HEALTH_PORT", s.worker.healthPort, 3001],
    ["TEMPORAL_MAX_CONCURRENT_ACTIVITIES", s.temporal.maxConcurrentActivities, 100],
    ["TEMPORAL_MAX_CONCURRENT_WORKFLOWS", s.temporal.maxConcurrentWorkflows, 50],
    ["NODE_ENV", s.general.nodeEnv, "development"],
    ["PORT", s.app.port, 4000],
  ];
  const known = Object.values(variables).flatMap((group) =>
    Object.values<{ env: string }>(group).map(({ env }) => env),
  );
  for (const [name, value, expected] of table) {
    assert.ok(known.includes(name), name);
    assert.is(value, expected, name);
  }
});

test("every variable of the guide is read from its name", () => {
  const given = {
    ...needed,
    SUPABASE_SERVICE_ROLE_KEY: "role",
    NEXT_PUBLIC_SUPABASE_URL: "https://p.supabase.co/",
    TEMPORAL_ADDRESS: "t:1",
    TEMPORAL_NAMESPACE: "n",
    TEMPORAL_TASK_QUEUE: "q",
    POLL_INTERVAL_MS: "100",
    FAILED_POLL_INTERVAL_MS: "101",
    SCHEDULED_POLL_INTERVAL_MS: "102",
    POLL_BATCH_SIZE: "103",
    WORKER_HEALTH_PORT: "104",
    TEMPORAL_MAX_CONCURRENT_ACTIVITIES: "105",
    TEMPORAL_MAX_CONCURRENT_WORKFLOWS: "106",
  };
  const s = parse(given, groups);
  assert.equal(s.supabase, { url: "https://p.supabase.co", serviceRoleKey: "role" });
  assert.equal([s.temporal.address, s.temporal.namespace, s.temporal.taskQueue], ["t:1", "n", "q"]);
  const { pollIntervalMs, failedPollIntervalMs, scheduledPollIntervalMs, batchSize, healthPort } = s.worker;
  assert.equal([pollIntervalMs, failedPollIntervalMs, scheduledPollIntervalMs, batchSize], [100, 101, 102, 103]);
  assert.equal([healthPort, s.temporal.maxConcurrentActivities, s.temporal.maxConcurrentWorkflows], [104, 105, 106]);
});

test("all problems are listed at once, and no secret is shown", () => {
  const problems = problemsOf({
    NOVU_SECRET_KEY: "  ",
    DATABASE_URL: "mysql://u:hidden-word@h/d",
    TEMPORAL_TLS_KEY: "hidden-key",
    POLL_INTERVAL_MS: "ten",
    POLL_BATCH_SIZE: "0",
    WORKER_HEALTH_PORT: "70000",
    PORT: "-1",
    NODE_ENV: "prod",
    TEMPORAL_ADDRESS: "localhost",
    TEMPORAL_TLS: "yes",
    NOVU_API_URL: "api.novu.co",
  });
  assert.equal(problems.map((problem) => problem.split(" ")[0]).sort(), [
    ...["DATABASE_URL", "NODE_ENV", "NOVU_API_URL", "NOVU_SECRET_KEY", "POLL_BATCH_SIZE", "POLL_INTERVAL_MS", "PORT"],
    ...["TEMPORAL_ADDRESS", "TEMPORAL_TLS", "TEMPORAL_TLS_KEY", "WORKER_HEALTH_PORT"],
  ]);
  assert.not.match(problems.join("\n"), "hidden");
  assert.ok(problems.includes('POLL_INTERVAL_MS is not a whole number from 50 to 86400000 (it is "ten")'));
  assert.ok(problems.includes('PORT is not a whole number from 1 to 65535 (it is "-1")'));
});

test("an address needs a port that exists", () => {
  for (const good of ["h:1", "10.0.0.1:65535", "[::1]:7233", "a-b.c.tmprl.cloud:7233"])
    assert.equal(problemsOf({ TEMPORAL_ADDRESS: good }, ["temporal"]), [], good);
  for (const bad of ["h", "h:", ":1", "h:0", "h:65536", "h:99999", "::1:7233", "http://h:1", "h:1/x", "h :1"])
    assert.is(problemsOf({ TEMPORAL_ADDRESS: bad }, ["temporal"]).length, 1, bad);
});

test("only the requested groups are checked", () => {
  assert.equal(problemsOf({ POLL_INTERVAL_MS: "x" }, ["general", "app"]), []);
  assert.equal(Object.keys(parse({}, ["general"])), ["general"]);
});

test("an empty value counts as unset", () => {
  const empty = Object.fromEntries(
    Object.values(variables).flatMap((group) => Object.values<{ env: string }>(group).map(({ env }) => [env, ""])),
  );
  assert.equal(parse({ ...empty, ...needed }, groups), parse(needed, groups));
});

test("the settings are frozen, and do not depend on process.env", () => {
  const s = parse(needed, groups);
  assert.ok(Object.isFrozen(s) && groups.every((group) => Object.isFrozen(s[group])));
  assert.throws(() => Object.assign(s.worker, { batchSize: 1 }), TypeError);
});

test("a secret may come from a file", ({ folder }) => {
  const file = join(folder, "key");
  writeFileSync(file, "from-file\n");
  assert.is(parse({ NOVU_SECRET_KEY_FILE: file }, ["novu"]).novu.secretKey, "from-file");
  assert.equal(secretsOf({ NOVU_SECRET_KEY_FILE: file }), ["from-file"]);
  assert.is(
    parse({ POLL_BATCH_SIZE_FILE: file }, ["worker"]).worker.batchSize,
    100,
    "only a secret has a file variant",
  );
});

test("a file that is empty, missing or a folder is a problem that names the variable", ({ folder }) => {
  const file = join(folder, "key");
  writeFileSync(file, "\n");
  assert.match(problemsOf({ NOVU_SECRET_KEY_FILE: file }, ["novu"])[0] ?? "", /^NOVU_SECRET_KEY is missing/);
  for (const path of [join(folder, "absent"), folder])
    assert.match(problemsOf({ NOVU_SECRET_KEY_FILE: path }, ["novu"])[0] ?? "", /^NOVU_SECRET_KEY_FILE names a file/);
  chmodSync(file, 0);
  // root reads it all the same
  if (process.getuid?.() !== 0) assert.match(problemsOf({ NOVU_SECRET_KEY_FILE: file }, ["novu"])[0] ?? "", /EACCES/);
});

test("a value and a file together are refused without reading either", ({ folder }) => {
  const problems = problemsOf({ ...needed, NOVU_SECRET_KEY_FILE: join(folder, "absent") });
  assert.equal(problems, ["NOVU_SECRET_KEY and NOVU_SECRET_KEY_FILE are both set: keep one"]);
});

test("a file that holds a bad value does not show it", ({ folder }) => {
  const file = join(folder, "url");
  writeFileSync(file, "hidden-word");
  const problems = problemsOf({ DATABASE_URL_FILE: file }, ["database"]);
  assert.is(problems.length, 1);
  assert.not.match(problems[0] ?? "", "hidden");
});

test("secretsOf finds each secret, and a connection's password as it is written and as it is meant", () => {
  assert.equal(secretsOf({ NOVU_SECRET_KEY: "k-1", DATABASE_URL: "postgres://u:p%40ss@h/d", PORT: "4000" }), [
    "k-1",
    "postgres://u:p%40ss@h/d",
    "p%40ss",
    "p@ss",
  ]);
  assert.is(problemsOf({ DATABASE_URL: "postgres://u:50%@h/d" }, ["database"]).length, 1);
  assert.equal(secretsOf({ DATABASE_URL: "postgres://u:50%@h/d" }), ["postgres://u:50%@h/d", "50%"]);
});

test.run();
