import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import type pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { XnovuError } from "../core/errors.ts";
import type { Context } from "../scripts/cli/command.ts";
import { createProgram } from "../scripts/cli/program.ts";
import { commandsFor, verbs } from "../scripts/commands/index.ts";
import { xnovu } from "./support/cli.ts";
import { type TestDatabase, testDatabase, testPool } from "./support/database.ts";
import { type Env, root } from "./support/worker.ts";

// The command line as people and scripts use it: exit codes, what goes to stdout and what to stderr.
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

const payload = '{"subject":"Hi","body":"First"}';
/** Runs one that must succeed, and gives what it printed. */
async function run(...args: string[]): Promise<string> {
  const { code, out, err } = await xnovu(args, env);
  assert.is(code, 0, `${args.join(" ")}\n${out}${err}`);
  return out;
}
const runJson = async (...args: string[]) => JSON.parse(await run(...args, "--json"));
const statusOf = async (id: string) =>
  (await db.query<{ status: string }>("SELECT status FROM notify.notification WHERE id = $1", [id])).rows[0]?.status;
const deadLetter = (id: string) =>
  db.query("UPDATE notify.notification SET status = 'DEAD', error = 'by the test' WHERE id = $1", [id]);

/** In this process, which spares a start for each: what only the process itself can show is tested by the others. */
async function inProcess(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const context: Context = {
    env: { ...env, NOVU_SECRET_KEY: "key" },
    root,
    cwd: root,
    interactive: false,
    color: false,
    out: (line) => {
      said.out += `${line}\n`;
    },
    note: (line) => {
      said.err += `${line}\n`;
    },
  };
  try {
    await createProgram(await commandsFor(args[0]), context, "0", () => undefined).parseAsync([
      "node",
      "xnovu",
      ...args,
    ]);
    return { code: 0, ...said };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, ...said };
    if (!(error instanceof XnovuError)) throw error;
    return { code: error.exitCode, out: said.out, err: `${said.err}${error.message}\n${error.hint ?? ""}` };
  }
}

test("--help of the program and of every command begins with examples", async () => {
  const program = await run("--help");
  assert.match(program, /^Examples:\n {2}pnpm xnovu /);
  assert.is(await run(), program);
  assert.match(await run("worker", "start", "--help"), /^Examples:\n {2}pnpm xnovu worker start /);
  assert.match(await run("--version"), /^\d+\.\d+\.\d+\n$/);
  const named = (await commandsFor(undefined)).map(({ name }) => name.split(/ [<[]/)[0]?.split(" ") ?? []);
  assert.equal(verbs, named, "the table of commands names each as it names itself");
  const groups = [...new Set(verbs.filter(({ length }) => length === 2).map(([group = ""]) => group))];
  for (const command of [...verbs, ...groups.map((group) => [group])]) {
    const { code, out } = await inProcess([...command, "--help"]);
    assert.is(code, 0);
    assert.match(out, /^Examples:\n {2}pnpm xnovu /, command.join(" "));
  }
});

test("a wrong flag, command or value ends with 2, a suggestion, and nothing on stdout", async () => {
  const wrong: [string[], RegExp][] = [
    [["lst"], /Did you mean list/],
    [["worker", "strat"], /Did you mean start/],
    [["list", "too", "much"], /too many arguments/],
    [["list", "--status", "GONE"], /PENDING/],
    [["list", "--limit", "0"], /--limit/],
    [["show", "99999999999999999999"], /not the id/],
    [["show", "9999999999999999999"], /not the id/],
    [["show"], /missing required argument/],
    [["send", "email"], /--to/],
    [["send", "email", "--to", "ada", "--payload", "[1]"], /JSON object/],
    [["send", "email", "--to", "ada", "--payload", "{"], /not JSON/],
    [["send", "email", "--to", "ada", "--payload", "@/no/such/file"], /no such file/],
    [["send", "email", "--to", "ada", "--at", "tomorrow"], /--at/],
    [["send", "email", "--to", "ada", "--wait", "x"], /--wait/],
    [["send", "email", "--to", ""], /subscriber id/],
    [["send", "email", "--to", "ada", "--tenant", "a b"], /enterprise_id|tenant/],
    [["send", "email", "--to", "ada", "--channels", "pigeon"], /channel/],
    [["key", "create", "--name", "shop"], /--tenant/],
    [["key", "create", "--tenant", "acme"], /--name/],
    [["key", "create", "--tenant", "a b", "--name", "shop"], /tenant id/],
    [["list", "--tenant", "acme", "--enterprise", "acme"], /cannot be used with/],
    [["key", "revoke", "x"], /whole number/],
    [["retry"], /--all-dead/],
    [["retry", "1", "--all-dead"], /--all-dead/],
    [["migrate", "down"], /--yes/],
    [["migrate", "create", "Bad Name"], /add-locale/],
    [["sync"], /--bridge-url/],
  ];
  for (const [args, said] of wrong) {
    const { code, out, err } = await inProcess(args);
    assert.is(code, 2, `${args.join(" ")}: ${code}\n${err}`);
    assert.is(out, "", args.join(" "));
    assert.match(err, said);
  }
  const { code, out, err } = await xnovu(["list", "--jsn"], env);
  assert.equal([code, out], [2, ""]);
  assert.match(err, "Did you mean --json?");
  assert.is((await db.query("SELECT FROM notify.notification")).rowCount, 0);
});

test("send passes the trace around it on, and leaves out one that is none", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const send = ["send", "email", "--to", "ada", "--payload", payload, "--json"];
  const kept = await xnovu(send, { ...env, TRACEPARENT: traceparent });
  const { id } = JSON.parse(kept.out) as { id: string };
  assert.is((await runJson("show", id)).traceparent, traceparent);
  assert.match((await xnovu(["show", id], env)).out, /trace +0af7651916cd43dd8448eb211c80319c/);
  const dropped = await xnovu(send, { ...env, TRACEPARENT: "none" });
  assert.is(dropped.code, 0);
  assert.match(dropped.err, "TRACEPARENT is not a valid W3C trace context");
  await db.query("DELETE FROM notify.notification");
});

test("send, list and show: text for people, JSON for scripts, messages on stderr", async () => {
  const { id } = await runJson(
    "send",
    "email",
    "--to",
    "ada=ada@example.com",
    "--to",
    "topic:news",
    "--payload",
    payload,
  );
  const again = ["send", "email", "--to", "bob", "--payload", payload, "--transaction-id", "order-1"];
  const first = await runJson(...again);
  assert.equal(await runJson(...again), first);
  const other = await xnovu(["send", "sms", "--to", "bob", "--transaction-id", "order-1"], env);
  assert.is(other.code, 2);
  assert.match(other.err, "used before with other content");
  const later = await runJson("send", "email", "--to", "eve", "--payload", payload, "--at", "10m", "--priority", "90");

  const rows = await runJson("list");
  assert.equal(
    rows.map((row: { id: string }) => row.id),
    [later.id, first.id, id],
  );
  assert.equal(await runJson("list", "--status", "sent"), []);
  assert.equal(
    (await runJson("list", "--before", first.id)).map((row: { id: string }) => row.id),
    [id],
  );
  assert.match(await run("list", "-n", "1"), /^ID +STATUS/);
  const none = await xnovu(["list", "--status", "DEAD"], env);
  assert.equal([none.code, none.out, none.err], [0, "", "No notification matches.\n"]);

  const shown = await runJson("show", id);
  assert.equal(shown.recipients, [
    { subscriberId: "ada", email: "ada@example.com" },
    { type: "Topic", topicKey: "news" },
  ]);
  assert.equal(
    shown.timeline.map((event: { to: string }) => event.to),
    ["PENDING"],
  );
  assert.match(await run("show", id), "topic:news");
  const missing = await xnovu(["show", "999999"], env);
  assert.equal([missing.code, missing.out, missing.err], [1, "", "xnovu: there is no notification 999999\n"]);
});

test("send takes its payload from a file and from standard input, and --wait says when nobody sends", async () => {
  const piped = await xnovu(["send", "email", "--to", "pipe", "--payload", "-", "--json"], env, payload);
  assert.is(piped.code, 0, piped.err);
  assert.equal((await runJson("show", JSON.parse(piped.out).id)).payload, JSON.parse(payload));
  const waited = await xnovu(["send", "email", "--to", "ada", "--payload", payload, "--wait", "1", "--json"], env);
  assert.is(waited.code, 1);
  assert.is(JSON.parse(waited.out).status, "PENDING");
  assert.match(waited.err, "is a worker running?");
});

test("retry and retract change what they may, and end with 1 when something was left alone", async () => {
  const ids: string[] = [];
  for (const to of ["a", "b", "c"]) ids.push((await runJson("send", "email", "--to", to, "--payload", payload)).id);
  const [a = "", b = "", c = ""] = ids;
  await deadLetter(a);
  await deadLetter(b);
  assert.equal(await runJson("retry", a), { retried: [a], unchanged: [] });
  const left = await xnovu(["retry", a, "--json"], env);
  assert.is(left.code, 1);
  assert.equal(JSON.parse(left.out), { retried: [], unchanged: [a] });
  assert.match(left.err, "left alone");
  assert.equal(await runJson("retry", "--all-dead"), { retried: [b], unchanged: [] });
  assert.equal(await runJson("retract", a, c), { retracted: [a, c], unchanged: [] });
  assert.is((await xnovu(["retract", c], env)).code, 1);
  assert.is((await xnovu(["retract", b, "--tenant", "other"], env)).code, 1);
  assert.equal([await statusOf(a), await statusOf(b), await statusOf(c)], ["RETRACTED", "PENDING", "RETRACTED"]);
});

test("key: printed once and alone on stdout, listed without it, revoked", async () => {
  const made = await xnovu(["key", "create", "--tenant", "acme", "--name", "shop"], env);
  assert.is(made.code, 0, made.err);
  assert.match(made.out, /^xnk_[A-Za-z0-9_-]{32}\n$/);
  assert.match(made.err, "not shown again");
  const { key, ...second } = await runJson("key", "create", "--tenant", "other", "--name", "two words");
  const list = await run("key", "list");
  assert.match(list, /^ID +TENANT +NAME/);
  assert.match(list, "two words");
  for (const secret of [key, made.out.trim()]) assert.not.match(list + made.err, secret);
  assert.equal(await runJson("key", "revoke", second.id), second);
  const again = await xnovu(["key", "revoke", second.id], env);
  assert.equal([again.code, again.out], [1, ""]);
  assert.match(again.err, "key list");
  const [row] = await runJson("key", "list", "--tenant", "other");
  assert.equal([row.id, row.name, row.revokedAt !== null], [second.id, "two words", true]);
  const none = await xnovu(["key", "list", "--tenant", "nobody"], env);
  assert.equal([none.code, none.out], [0, ""]);
});

test("--enterprise, the old name of --tenant, still works and help does not show it", async () => {
  const { id } = await runJson("send", "email", "--to", "ada", "--payload", payload, "--enterprise", "old-name");
  for (const flag of ["--tenant", "--enterprise"])
    assert.equal(
      (await runJson("list", flag, "old-name")).map((row: { id: string }) => row.id),
      [id],
      flag,
    );
  for (const verb of [["send"], ["list"], ["retry"], ["retract"], ["key", "create"], ["key", "list"]]) {
    const help = await run(...verb, "--help");
    assert.match(help, "--tenant");
    assert.not.match(help, "enterprise");
  }
});

test("a reader that closes the pipe is no failure; pnpm adds nothing to stdout", async () => {
  await db.query(
    `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload) SELECT 'many', 'email', '["x"]', '{}' FROM generate_series(1, 5000)`,
  );
  const shell = (line: string) =>
    new Promise<{ code: unknown; out: string; err: string }>((done) =>
      execFile(
        "bash",
        ["-c", `set -o pipefail; ${line}`],
        { cwd: root, env: { NODE_ENV: "test", ...env } },
        (error, out, err) => done({ code: error?.code ?? 0, out, err }),
      ),
    );
  const cut = await shell("node scripts/xnovu.mjs list --limit 10000 | head -1");
  assert.equal([cut.code, cut.err], [0, ""]);
  assert.match(cut.out, /^ID +STATUS/);
  const viaPnpm = await shell("npx --yes pnpm@10.34.9 xnovu list --limit 1 --json");
  assert.is(viaPnpm.code, 0, viaPnpm.err);
  assert.is(JSON.parse(viaPnpm.out).length, 1);
});

test("migrate: up, status, --check, down and create", async () => {
  const name = `cli_${process.pid}`;
  await db.query(`CREATE DATABASE ${name}`);
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  const empty = { ...env, DATABASE_URL: url.href };
  const migrate = (...args: string[]) => xnovu(["migrate", ...args], empty);
  try {
    const before = await migrate("status", "--check", "--json");
    assert.is(before.code, 1);
    assert.match(before.err, "migrate up");
    const known: string[] = JSON.parse(before.out).pending;
    const noSchema = await xnovu(["list"], empty);
    assert.is(noSchema.code, 1);
    assert.match(noSchema.err, /tables are missing[\s\S]*migrate up/);

    // Two at once: the second waits for the first, and finds nothing to do.
    const both = await Promise.all([migrate("up", "--json"), migrate("up", "--json")]);
    assert.equal(
      both.map(({ code }) => code),
      [0, 0],
      both.map(({ err }) => err).join(),
    );
    assert.equal(
      both.map(({ out }) => JSON.parse(out).done.length).sort((x, y) => x - y),
      [0, known.length],
    );
    assert.is((await migrate("status", "--check")).code, 0);
    const down = await migrate("down", "--yes", "--json");
    assert.equal(JSON.parse(down.out), { direction: "down", done: known.slice(-1) });
    assert.is((await migrate("status", "--check")).code, 1);
    assert.is((await migrate("status")).code, 0);
    assert.match((await migrate("up")).out, `applied 1: ${known.at(-1)}`);
  } finally {
    await db.query(`DROP DATABASE ${name} (FORCE)`);
  }
});

test("migrate create makes a file with both parts, named by the time", async () => {
  const { path } = await runJson("migrate", "create", "made-by-a-test");
  try {
    assert.match(path, /migrations\/\d{17}_made-by-a-test\.sql$/);
    assert.ok(path.startsWith(join(root, "migrations")));
    assert.is(readFileSync(path, "utf8"), "-- Up Migration\n\n\n-- Down Migration\n\n");
  } finally {
    if (existsSync(path)) rmSync(path);
  }
});

test("a database that is away, refuses, or is not set is said in one sentence, without the password", async () => {
  const away = await xnovu(["list"], { ...env, DATABASE_URL: "postgresql://u:hidden-word@127.0.0.1:9/x" });
  assert.is(away.code, 1);
  assert.match(away.err, "cannot be reached");
  const wrong = new URL(database.url);
  wrong.password = "hidden-word";
  const refused = await xnovu(["migrate", "status"], { ...env, DATABASE_URL: wrong.href });
  assert.is(refused.code, 1);
  assert.match(refused.err, "Check the user, the password");
  const unset = await xnovu(["list"], { ...env, DATABASE_URL: undefined });
  assert.is(unset.code, 78);
  assert.match(unset.err, "DATABASE_URL is missing");
  for (const { err, out } of [away, refused, unset]) {
    assert.is(out, "");
    assert.not.match(err, "hidden-word");
    assert.not.match(err, "    at ");
  }
});

test.run();
