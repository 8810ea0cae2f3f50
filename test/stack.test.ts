import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { portInUse } from "../local/ports.ts";
import { identityOf } from "../local/stack/identity.ts";
import { portsAt } from "../local/stack/plan.ts";
import { freeOffset } from "../local/stack/ports-check.ts";
import { temporaryFolder } from "./support/folder.ts";

// The whole stack as people use it: the command line as a process, real parts, a state folder and ports of its own.
const xnovu = fileURLToPath(new URL("../scripts/xnovu.mjs", import.meta.url));
const folder = temporaryFolder("xnovu-stack-");
const stateDir = join(folder.path, "state");
const offset = await freeOffset(1_000 + Math.floor(Math.random() * 4_000));
const ports = portsAt(offset);
const portFlags = ["--port-offset", String(offset)];
const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;

interface Run {
  readonly child: ChildProcess;
  readonly done: Promise<{ code: number | null; out: string; err: string }>;
  /** The first whole line on stdout. */
  firstLine(): Promise<string>;
}

const runs: ChildProcess[] = [];

function run(args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [xnovu, ...args], {
    env: { ...process.env, XNOVU_STATE_DIR: stateDir, DATABASE_URL: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  runs.push(child);
  const said = { out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => {
    said.out += data;
  });
  child.stderr.on("data", (data: Buffer) => {
    said.err += data;
  });
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, ...said })),
  );
  const firstLine = async () => {
    const ended = done.then(({ code, err }) => {
      throw new Error(`xnovu ${args.join(" ")} ended with ${code}:\n${err}`);
    });
    ended.catch(() => undefined);
    while (!said.out.includes("\n")) await Promise.race([sleep(50), ended]);
    return said.out.split("\n")[0] ?? "";
  };
  return { child, done, firstLine };
}

interface State {
  readonly pid: number;
  readonly databaseUrl: string;
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
}
const state = (): State => JSON.parse(readFileSync(join(stateDir, "stack.json"), "utf8"));
const partPid = (name: string): number => state().parts.find((part) => part.name === name)?.pid ?? 0;

async function query<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: state().databaseUrl });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually(what: string, check: () => Promise<boolean> | boolean, limitMs = 15_000): Promise<void> {
  for (const end = Date.now() + limitMs; !(await check()); await sleep(50))
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
}

/** Nothing of a stack with these processes is left: neither they, nor anybody on its ports. */
async function nothingLeft(pids: readonly number[]): Promise<void> {
  // Where nobody collects orphans a dead one keeps its number: only what runs counts.
  assert.equal(
    pids.filter((pid) => identityOf(pid) !== undefined),
    [],
  );
  for (const [name, port] of Object.entries(ports)) assert.not.ok(await portInUse(port), `${name} ${port}`);
}

const allPids = (): number[] => [state().pid, ...state().parts.map(({ pid }) => pid)];

test.after(async () => {
  await run(["down"]).done;
  for (const child of runs) child.kill("SIGKILL");
  folder.remove();
});

test("up starts everything; a plain INSERT is SENT at once; Ctrl-C stops everything", async () => {
  const up = run(["up", "--json", ...portFlags], { NOVU_SECRET_KEY_FILE: "/no/such/file", TEMPORAL_TLS: "true" });
  const said = JSON.parse(await up.firstLine());
  assert.is(said.app, at(ports.app, ""));
  assert.is(said.already, false);

  for (const url of [at(ports.app, "/api/health"), at(ports.worker, "/health"), at(ports.worker, "/status")]) {
    const response = await fetch(url);
    assert.is(response.status, 200, url);
    assert.type(await response.json(), "object");
  }
  assert.match(await (await fetch(at(ports.worker, "/metrics"))).text(), "# TYPE ");
  assert.match(await (await fetch(at(ports.app, "/"))).text(), at(ports.novu, ""));
  assert.is((await fetch(at(ports.temporalUi, "/"))).status, 200);

  await query(`INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
    VALUES ('acme', 'email', '[{"subscriberId":"ada","email":"ada@example.com"}]', '{"subject":"Hello","body":"First"}')`);
  const sent = async () =>
    (await query<{ status: string }>("SELECT status FROM notify.notification"))[0]?.status === "SENT";
  await eventually("SENT", sent, 5_000);
  const inbox = async () => (await fetch(at(ports.novu, "/inbox/ada"))).text();
  await eventually("in the inbox", async () => (await inbox()).includes("Hello"));

  // No password and no key where everybody on the machine can read it.
  const { databaseUrl } = state();
  const key = readFileSync(join(stateDir, "novu/secret-key"), "utf8").trim();
  for (const pid of allPids()) {
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    assert.not.ok(argv.includes(new URL(databaseUrl).password) || argv.includes(key), argv);
  }

  const pids = allPids();
  up.child.kill("SIGINT");
  const { code, err } = await up.done;
  assert.is(code, 0);
  assert.match(err, /Not used here.*TEMPORAL_TLS.*NOVU_SECRET_KEY_FILE/);
  assert.match(
    err,
    /worker stopped[\s\S]*app stopped[\s\S]*novu stopped[\s\S]*temporal stopped[\s\S]*postgres stopped/,
  );
  await nothingLeft(pids);
});

test("data survives a restart; a second up and a stack on the same ports are told what runs", async () => {
  assert.is((await run(["up", "--detach", ...portFlags]).done).code, 0);
  assert.equal(await query("SELECT status FROM notify.notification"), [{ status: "SENT" }]);
  assert.match(await (await fetch(at(ports.novu, "/inbox/ada"))).text(), "Hello");

  const again = await run(["up"]).done;
  assert.is(again.code, 0);
  assert.match(again.err, `up already (process ${state().pid})`);
  assert.match(again.out, at(ports.app, ""));
  const fresh = await run(["up", "--fresh"]).done;
  assert.is(fresh.code, 1);
  assert.match(fresh.err, "pnpm xnovu down");

  const other = await run(["up", ...portFlags], { XNOVU_STATE_DIR: join(folder.path, "other") }).done;
  assert.is(other.code, 1);
  for (const port of Object.values(ports)) assert.match(other.err, new RegExp(`${port} for .*held by .*process \\d+`));
  assert.match(other.err, `--port-offset ${offset + 100}`);
});

test("the demo uses the stack that is up, and finds everything delivered", async () => {
  const { code, out, err } = await run(["demo", "--json"]).done;
  assert.is(code, 0, err);
  const { delivered, notifications } = JSON.parse(out);
  assert.is(delivered, true);
  const way = (n: { timeline: { to: string }[] }) => n.timeline.map(({ to }) => to).join(" ");
  assert.equal(
    notifications.map(way),
    Array.from({ length: 6 }, () => "PENDING PROCESSING SENT"),
  );
  const channels = notifications.flatMap((n: { received: { channel: string }[] }) => n.received.map((m) => m.channel));
  assert.equal(channels.sort(), ["chat", "chat", "email", "email", "in_app", "in_app", "push", "push", "sms", "sms"]);
});

test("a worker that dies is started again", async () => {
  const pid = partPid("worker");
  process.kill(pid, "SIGKILL");
  await eventually("another worker", () => partPid("worker") !== pid && partPid("worker") !== 0);
  const healthy = () =>
    fetch(at(ports.worker, "/health")).then(
      (response) => response.ok,
      () => false,
    );
  await eventually("a healthy worker", healthy, 40_000);
});

test("what a killed stack leaves behind is stopped by down, and down without a stack is fine", async () => {
  const pids = allPids();
  process.kill(state().pid, "SIGKILL");
  await eventually("the stack's end", () => identityOf(state().pid) === undefined);
  const { code, out } = await run(["down"]).done;
  assert.is(code, 0);
  for (const name of ["worker", "app", "novu", "temporal", "postgres"]) assert.match(out, `${name} (process `);
  await nothingLeft(pids);
  const again = await run(["down"]).done;
  assert.is(again.code, 0);
  assert.match(again.out, "Nothing runs");
});

test("--fresh forgets everything; a part that cannot be started again ends the stack, and is named", async () => {
  const up = run(["up", "--json", "--fresh", ...portFlags]);
  await up.firstLine();
  assert.equal(await query("SELECT id FROM notify.notification"), []);
  assert.not.match(await (await fetch(at(ports.novu, "/inbox/ada"))).text(), "Hello");
  const pids = allPids();
  process.kill(partPid("temporal"), "SIGKILL");
  const { code, err } = await up.done;
  assert.is(code, 1);
  assert.match(err, "temporal has ended by itself");
  await nothingLeft(pids);
});

test("the demo with another key at the bridge fails soon, and says why", async () => {
  const begin = Date.now();
  const { code, err } = await run(["demo", "--bridge-key", "wrong-key-of-the-app"]).done;
  assert.is(code, 1);
  assert.match(err, "The bridge answered 401");
  assert.match(err, "NOVU_SECRET_KEY of the app differs from Novu's");
  assert.ok(Date.now() - begin < 90_000);
});

test.run();
