// time limit: 540 s
import { createHmac } from "node:crypto";
import type { RequestListener } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { examplesFor } from "../app/lib/examples.ts";
import { type Postgres, startPostgres } from "../local/postgres.ts";
import { workflowIds } from "../novu/workflows/ids.ts";
import { migrateUp } from "../outbox/migrate.ts";
import { placeApp, type RunningApp, startApp } from "./support/app.ts";
import { type FakeServer, fakeServer, silence, status } from "./support/fake-server.ts";
import { temporaryFolder } from "./support/folder.ts";

// The built app as it is deployed: outside the repository, with every setting given at start.
const folder = temporaryFolder("xnovu-app-");
const secretKey = "novu-secret-of-the-test";
const serviceRoleKey = "service-role-of-the-test";
let postgres: Postgres;
let novu: FakeServer;
let supabase: FakeServer;
let serverPath: string;
let app: RunningApp;

/** Closes what was started, also when a later start fails. */
const started: (() => Promise<unknown>)[] = [];
const endAll = async () => {
  await Promise.allSettled(started.map((end) => end()));
  folder.remove();
};

const emptyTable: RequestListener = (_, response) => response.writeHead(200).end("[]");

const settings = () => ({
  NOVU_SECRET_KEY: secretKey,
  NOVU_API_URL: novu.url,
  DATABASE_URL: postgres.url,
  NEXT_PUBLIC_SUPABASE_URL: supabase.url,
  SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey,
  XNOVU_HEALTH_TIMEOUT_MS: "1000",
  XNOVU_INBOX_URL: "http://localhost:4321/inbox",
});

test.before(async () => {
  novu = await fakeServer(status(200));
  started.push(() => novu.close());
  supabase = await fakeServer(emptyTable);
  started.push(() => supabase.close());
  postgres = await startPostgres({ dataDir: `${folder.path}/postgres`, settings: { fsync: "off" } });
  started.push(() => postgres.destroy());
  serverPath = await placeApp(folder.path);
  app = await startApp(serverPath, settings());
  started.push(() => app.child.stop());
});

test.after(endAll);

interface Check {
  status: string;
  latencyMs: number;
  error?: string;
}
interface Health {
  status: string;
  version: string;
  checks: Record<string, Check>;
}

async function health(of: RunningApp = app) {
  const response = await fetch(`${of.url}/api/health`);
  const text = await response.text();
  assert.is(response.headers.get("cache-control"), "no-store");
  for (const secret of [secretKey, serviceRoleKey, new URL(postgres.url).password, "127.0.0.1", "postgres:"])
    assert.not.match(text, secret);
  const body: Health = JSON.parse(text);
  const errors = Object.entries(body.checks).flatMap(([name, check]) =>
    check.error ? [`${name}: ${check.error}`] : [],
  );
  return { code: response.status, body, errors };
}

test("health is 200 with the latency of each check when all respond, also for HEAD", async () => {
  const { code, body } = await health();
  assert.is(code, 200, JSON.stringify(body));
  assert.is(body.status, "ok");
  assert.match(body.version, /^\d+\.\d+\.\d+/);
  assert.equal(Object.keys(body.checks), ["server", "database", "novu", "supabase"]);
  for (const check of Object.values(body.checks)) {
    assert.is(check.status, "up");
    assert.type(check.latencyMs, "number");
  }
  const head = await fetch(`${app.url}/api/health`, { method: "HEAD" });
  assert.is(head.status, 200);
  assert.is(head.headers.get("cache-control"), "no-store");
  assert.is(await head.text(), "");
});

test("health is 503 and names the check that is refused, fails or times out, until it succeeds again", async () => {
  supabase.answer(status(401));
  novu.answer(silence);
  const failing = await health();
  assert.is(failing.code, 503);
  assert.is(failing.body.status, "error");
  assert.equal(failing.errors, ["novu: timed out", "supabase: refused our credentials"]);
  assert.ok((failing.body.checks.novu?.latencyMs ?? 0) < 2000);
  assert.is((await fetch(`${app.url}/api/health`, { method: "HEAD" })).status, 503);
  supabase.answer(emptyTable);
  novu.answer(status(502));
  assert.equal((await health()).errors, ["novu: answered with an error"]);
  novu.answer(status(200));
  assert.is((await health()).code, 200);
});

test("health survives a restart of Postgres with connections open", async () => {
  await postgres.stop();
  const down = await health();
  assert.is(down.code, 503);
  assert.is(down.errors.length, 1);
  assert.match(down.errors[0] ?? "", /^database: (connection refused|shutting down|connection lost)$/);
  assert.equal((await health()).errors, ["database: connection refused"]);
  postgres = await startPostgres({ dataDir: `${folder.path}/postgres`, port: postgres.port });
  assert.is((await health()).code, 200);
  assert.is(app.child.exit(), undefined);
  assert.match(app.child.tail(), "an idle database connection was closed");
  assert.not.match(app.child.tail(), "_queryQueue");
});

const sign = (body: string, key = secretKey) => {
  const at = Date.now();
  return { "novu-signature": `t=${at},v1=${createHmac("sha256", key).update(`${at}.${body}`).digest("hex")}` };
};
const bridge = (query: string, init: RequestInit = {}) => fetch(`${app.url}/api/novu?${query}`, init);
const execute = (body: string, headers: Record<string, string>) =>
  bridge("action=execute&workflowId=email&stepId=email", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
const step = (payload: object) =>
  JSON.stringify({ payload, controls: {}, state: [], subscriber: { subscriberId: "ada" }, context: {}, env: {} });

test("the bridge lists its workflows and renders a step only for requests signed with the key", async () => {
  const discover = await bridge("action=discover", { headers: sign("{}") });
  const listed = ((await discover.json()) as { workflows: { workflowId: string }[] }).workflows;
  assert.equal(
    listed.map((workflow) => workflow.workflowId),
    [...workflowIds],
  );

  const body = step({ subject: "Tom & Jerry", body: "a < b" });
  const rendered = await execute(body, sign(body));
  assert.is(rendered.status, 200);
  const { outputs } = (await rendered.json()) as { outputs: { subject: string; body: string } };
  assert.is(outputs.subject, "Tom & Jerry");
  assert.match(outputs.body, "a &lt; b");

  const bad = step({ subject: "no body" });
  assert.is((await execute(bad, sign(bad))).status, 400);
  assert.is((await execute(body, sign(body, "another key"))).status, 401);
  assert.is((await execute(body, {})).status, 401);
  assert.is((await bridge("action=discover")).status, 401);
  assert.is((await bridge("")).status, 200);
  assert.is((await bridge("", { method: "OPTIONS" })).status, 200);
});

test("the bridge refuses a body that is too long before it checks the signature", async () => {
  const body = step({ subject: "s", body: "x".repeat(9 * 1024 * 1024) });
  assert.is((await execute(body, sign(body))).status, 413);
});

test("the landing page shows the workflows, the examples and the links, and loads nothing from other hosts", async () => {
  const response = await fetch(app.url);
  const html = await response.text();
  assert.is(response.status, 200);
  assert.match(response.headers.get("cache-control") ?? "", "no-store");
  for (const id of workflowIds) assert.match(html, `<li>${id}</li>`);
  for (const text of [
    "INSERT INTO notify.notification",
    "notify.enqueue(",
    "pnpm xnovu send email --to ada",
    `curl ${app.url.replace("127.0.0.1", "localhost")}/api/notifications`,
  ])
    assert.match(html, text);
  for (const link of ['href="/api/health"', 'href="/api/openapi.json"', 'href="http://localhost:4321/inbox"'])
    assert.match(html, link);
  assert.match(html, "All components that this page checks are up.");
  const loaded = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg)[^"]*)"/g)].map((match) => match[1] ?? "");
  assert.ok(loaded.some((path) => path.includes(".css")));
  for (const path of loaded) {
    assert.match(path, /^\/[^/]/);
    assert.is((await fetch(app.url + path)).status, 200, path);
  }
  for (const secret of [secretKey, serviceRoleKey, postgres.url]) assert.not.match(html, secret);
});

test("every response carries the security headers", async () => {
  for (const path of ["/", "/api/health", "/no-such-page"]) {
    const { headers, status: code } = await fetch(app.url + path);
    assert.is(code, path === "/no-such-page" ? 404 : 200);
    assert.match(headers.get("content-security-policy") ?? "", "frame-ancestors 'none'");
    assert.is(headers.get("x-content-type-options"), "nosniff");
    assert.is(headers.get("referrer-policy"), "no-referrer");
    assert.is(headers.get("x-powered-by"), null);
  }
  assert.match(await (await fetch(`${app.url}/no-such-page`)).text(), "There is no such page");
});

test("the SQL examples of the landing page work unchanged", async () => {
  await migrateUp(postgres.url);
  const client = new pg.Client({ connectionString: postgres.url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const statements = examplesFor(4000)
      .map(({ code }) => code)
      .filter((code) => code.endsWith(";"));
    assert.is(statements.length, 2);
    for (const sql of statements) await client.query(sql);
    const { rows } = await client.query(
      "SELECT DISTINCT workflow, status, payload->>'subject' AS subject FROM notify.notification",
    );
    assert.equal(rows, [{ workflow: "email", status: "PENDING", subject: "Hello" }]);
  } finally {
    await client.end();
  }
});

test("with settings missing or wrong the app still starts, and reports them", async () => {
  const wrong = new URL(postgres.url);
  wrong.password = "wrong-password";
  const second = await startApp(serverPath, { DATABASE_URL: wrong.href });
  try {
    const { code, errors } = await health(second);
    assert.is(code, 503);
    assert.equal(errors, ["database: refused our credentials", "novu: not configured"]);
    const refused = await fetch(`${second.url}/api/novu?action=discover`);
    assert.is(refused.status, 503);
    assert.match(await refused.text(), "NOVU_SECRET_KEY");
    const html = await (await fetch(second.url)).text();
    assert.match(html, "Down: Bridge, Database, Novu.");
    assert.not.match(html, "/inbox");
    assert.not.match(second.child.tail(), "wrong-password");
    assert.match(second.child.tail(), "NOVU_SECRET_KEY is missing");
  } finally {
    await second.child.stop();
  }
});

test("SIGTERM ends the app after it responded to the open requests", async () => {
  const last = await startApp(serverPath, settings());
  novu.answer(silence);
  const response = health(last);
  await sleep(300);
  last.child.kill("SIGTERM");
  assert.equal((await response).errors, ["novu: timed out"]);
  const exit = await Promise.race([last.child.exited, sleep(8000, "still running", { ref: false })]);
  // Next exits with 128 + 15, which supervisors treat as a requested stop.
  assert.equal(exit, { code: 143, signal: null });
});

test.run();
