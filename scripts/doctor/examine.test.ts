// time limit: 240 s
import { createServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, type Socket, createServer as tcpServer } from "node:net";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startBridge, type TestBridge } from "../../local/novu/bridge.fixture.ts";
import { freePort } from "../../local/ports.ts";
import { workflows } from "../../novu/workflows/index.ts";
import { addressOf, emptyDatabase, rowsOf } from "../../outbox/database.fixture.ts";
import { type TestDatabase, testDatabase } from "../../test/support/database.ts";
import { type FakeServer, fakeServer, status } from "../../test/support/fake-server.ts";
import { type TestTemporal, testTemporal } from "../../test/support/temporal.ts";
import { type Env, novuKey, type WorkerRig, workerRig } from "../../test/support/worker.ts";
import { type ExamineOptions, examine } from "./examine.ts";
import { exitCodeOf, type Finding } from "./finding.ts";
import { transactionPooler } from "./transaction-pooler.fixture.ts";

// Against the real servers, each fault by itself: its line says what is wrong and what to do, and no other line is lost.
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let bridge: TestBridge;
let app: FakeServer;
let env: Env;
const closing: (() => Promise<unknown>)[] = [];

const healthy = { status: "ok", checks: { server: { status: "up" }, database: { status: "up" } } };
const json = (code: number, body: unknown) => JSON.stringify([code, body]);
/** The app as far as the doctor asks it: a health report, and the framework's own bridge behind /api/novu. */
function appWith(health: string) {
  const [code, body] = JSON.parse(health) as [number, unknown];
  app.answer((request, response) => {
    if (request.url === "/api/health") return void response.writeHead(code).end(JSON.stringify(body));
    const headers = { "novu-signature": String(request.headers["novu-signature"] ?? "") };
    void fetch(`${bridge.url}${new URL(request.url ?? "", app.url).search}`, { headers }).then(async (answer) =>
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text()),
    );
  });
}

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  closing.unshift(
    () => database.close(),
    () => temporal.close(),
  );
  rig = await workerRig(database.url, temporal.address);
  bridge = await startBridge(workflows, novuKey);
  app = await fakeServer(status(500));
  closing.unshift(
    () => rig.close(),
    () => bridge.close(),
    () => app.close(),
  );
  await rig.novu.control.sync(bridge.url);
  env = rig.env;
  await (await rig.start()).ready();
});
test.after(async () => {
  for (const close of closing) await close();
});
test.before.each(() => appWith(json(200, healthy)));

async function look(change: Env = {}, options: Partial<ExamineOptions> = {}) {
  const { findings, settings } = await examine(
    { ...env, ...change },
    { audience: "all", limitMs: 4_000, appUrl: app.url, ...options },
  );
  const of = (check: string): Finding => {
    const found = findings.find((finding) => finding.check === check);
    if (found === undefined)
      throw new Error(`no line of ${check} among ${findings.map((one) => one.check).join(", ")}`);
    return found;
  };
  const states = (state: Finding["state"]) =>
    findings.filter((finding) => finding.state === state).map(({ check }) => check);
  return { findings, settings, of, states, code: exitCodeOf(findings) };
}

const everything = [
  ...[
    "settings",
    "postgres",
    "postgres schema",
    "clock",
    "postgres session",
    "postgres rights",
    "sending gate",
    "due",
    "dead letters",
  ],
  ...["temporal", "temporal namespace", "temporal task queue", "novu", "novu workflows", "app", "bridge", "worker"],
];

test("all fine: every line is ok, with its latency, and the exit code is 0", async () => {
  const { findings, states, code, of } = await look();
  assert.equal(states("ok"), everything, JSON.stringify(findings, null, 1));
  assert.is(code, 0);
  assert.ok(findings.filter(({ ms }) => ms !== undefined).length > 10);
  assert.ok(!Number.isNaN(Date.parse(of("postgres").since ?? "")));
  assert.match(of("temporal task queue").found, /polled by \S+/);
});

test("each audience is told of what is its own", async () => {
  const checks = async (audience: ExamineOptions["audience"]) =>
    (await examine(env, { audience, limitMs: 4_000 })).findings.map(({ check }) => check);
  const forWorker = await checks("worker");
  assert.ok(["temporal", "worker", "sending gate"].every((check) => forWorker.includes(check)));
  assert.not.ok(forWorker.includes("app"));
  const forApp = await checks("app");
  assert.ok(["postgres", "novu", "app"].every((check) => forApp.includes(check)));
  assert.not.ok(forApp.some((check) => /temporal|worker|gate/.test(check)));
});

test("bad settings are each a line and end with 78, secrets stay hidden, and what can be asked is asked", async () => {
  const { of, code, states, findings, settings } = await look({
    DATABASE_URL: "mysql://u:geheim1@h/d",
    POLL_BATCH_SIZE: "many",
    NOVU_SECRET_KEY_FILE: "/no/file",
  });
  assert.is(code, 78);
  assert.equal(states("bad"), ["setting NOVU_SECRET_KEY", "setting DATABASE_URL", "setting POLL_BATCH_SIZE"]);
  assert.match(of("setting POLL_BATCH_SIZE").found, /not a whole number from 1 to 10000 \(it is "many"\)/);
  assert.match(of("setting NOVU_SECRET_KEY").found, /both set/);
  assert.is(of("postgres").state, "unknown");
  assert.is(of("temporal").state, "ok");
  assert.not.match(JSON.stringify([findings, settings]), /geheim1|novu-key-of-the-test/);
  assert.equal(
    settings.find(({ name }) => name === "TEMPORAL_ADDRESS"),
    { name: "TEMPORAL_ADDRESS", group: "temporal", value: temporal.address, from: "environment" },
  );
});

test("Postgres: wrong password, no such database, nobody there, one that does not answer", async () => {
  const other = async (url: string) => {
    const { of, code, states } = await look({ DATABASE_URL: url }, { limitMs: 1_500 });
    assert.is(code, 1);
    assert.equal(states("down"), ["postgres"]);
    assert.is(of("postgres schema").state, "unknown");
    return of("postgres");
  };
  const refused = await other(addressOf(database.url, { password: "geheim1" }));
  assert.match(refused.found, /refused the connection: password authentication failed/);
  assert.match(refused.todo ?? "", "password");
  assert.not.match(refused.found, "geheim1");
  assert.match((await other(addressOf(database.url, { database: "nowhere" }))).found, /"nowhere" does not exist/);
  assert.match((await other(`postgresql://u:p@127.0.0.1:${await freePort()}/d`)).found, "cannot be reached");

  const held: Socket[] = [];
  const silent = tcpServer((socket) => void held.push(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  try {
    assert.match(
      (await other(`postgresql://u:p@127.0.0.1:${(silent.address() as AddressInfo).port}/d`)).found,
      /timeout|no answer within/,
    );
  } finally {
    for (const socket of held) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test("Postgres: without the tables, and with one migration less or more than this version", async () => {
  const empty = await emptyDatabase(database.url);
  try {
    const { of, states } = await look({ DATABASE_URL: empty.url });
    assert.match(of("postgres schema").found, /^missing: 2026\S+_notification, /);
    assert.match(of("postgres schema").todo ?? "", "migrate up");
    assert.equal(states("unknown"), ["sending gate", "due", "dead letters"]);
  } finally {
    await empty.drop();
  }
  const copy = await testDatabase();
  try {
    const [last] = await rowsOf<{ name: string }>(
      copy.url,
      "DELETE FROM notify.schema_migration WHERE id = (SELECT max(id) FROM notify.schema_migration) RETURNING name",
    );
    const less = (await look({ DATABASE_URL: copy.url })).of("postgres schema");
    assert.equal([less.state, less.found], ["down", `missing: ${last?.name}`]);
    await rowsOf(
      copy.url,
      "INSERT INTO notify.schema_migration (name, run_on) VALUES ($1, now()), ('20991231_future', now())",
      [last?.name],
    );
    const more = (await look({ DATABASE_URL: copy.url })).of("postgres schema");
    assert.equal([more.state, more.found], ["warn", "ahead of this version of the code: 20991231_future"]);
    await rowsOf(
      copy.url,
      `ALTER DATABASE ${new URL(copy.url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    assert.match((await look({ DATABASE_URL: copy.url })).of("postgres").found, "read-only");
  } finally {
    await copy.close();
  }
});

test("Postgres: a role that lacks rights, and one that row security hides the rows from", async () => {
  const role = `doctor_${process.pid}`;
  const url = addressOf(database.url, { user: role, password: "p" });
  const db = new pg.Client({ connectionString: database.url });
  await db.connect();
  try {
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
    const shut = await look({ DATABASE_URL: url });
    assert.match(
      shut.of("postgres rights").found,
      `${role} lacks SELECT on notify.notification, UPDATE on notify.notification`,
    );
    assert.match(shut.of("postgres schema").found, "permission denied");
    assert.match(shut.of("postgres schema").todo ?? "", "owner of schema notify");
    await db.query(`GRANT USAGE ON SCHEMA notify TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA notify TO ${role}`);
    assert.match(
      (await look({ DATABASE_URL: url })).of("postgres rights").found,
      `row security hides every notification from ${role}`,
    );
    await db.query(`ALTER ROLE ${role} BYPASSRLS`);
    assert.is((await look({ DATABASE_URL: url })).of("postgres rights").state, "ok");
  } finally {
    await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await db.end();
  }
});

test("Postgres behind a pooler that hands out transactions", async () => {
  const pooler = await transactionPooler(database.url);
  try {
    const { of, states } = await look({ DATABASE_URL: pooler.url });
    assert.equal(states("down"), ["postgres session"]);
    assert.match(of("postgres session").todo ?? "", "session-mode");
  } finally {
    await pooler.close();
  }
});

test("a closed gate says why and since when; dead letters and a row that is long due want a look", async () => {
  const copy = await testDatabase();
  const gate = (closed: string) =>
    rowsOf(
      copy.url,
      `UPDATE notify.sending_gate SET since = now() - interval '1 hour', closed_until = now() + interval '50 s', ${closed}`,
    );
  const asked = async () => (await look({ DATABASE_URL: copy.url })).of("sending gate");
  try {
    await gate("reason = 'HTTP 401: no such key', needs_person = true");
    const closed = await asked();
    assert.is(closed.state, "down");
    assert.match(closed.found, /^closed for another (50|4\d) s: HTTP 401: no such key$/);
    assert.ok(Math.abs(Date.parse(closed.since ?? "") - Date.now() + 3_600_000) < 60_000);
    await gate("reason = '5 failures', needs_person = false, trips = 2");
    assert.is((await asked()).state, "down");
    await gate("reason = 'HTTP 429', trips = 0");
    assert.is((await asked()).state, "warn");
    await rowsOf(copy.url, "UPDATE notify.sending_gate SET closed_until = NULL");

    await rowsOf(
      copy.url,
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, created_at)
      SELECT 'acme', 'email', '["u"]', now() - interval '1 hour' FROM generate_series(1, 3)`,
    );
    await rowsOf(
      copy.url,
      "UPDATE notify.notification SET status = 'DEAD', error = 'e' WHERE id = (SELECT min(id) FROM notify.notification)",
    );
    const { of, code } = await look({ DATABASE_URL: copy.url });
    assert.equal([of("dead letters").state, of("dead letters").found], ["warn", "1"]);
    assert.match(`${of("due").state} ${of("due").found}`, /^warn 2, the oldest for 36\d\d s$/);
    assert.is(code, 0);
  } finally {
    await copy.close();
  }
});

test("Temporal: nobody there, another namespace, a queue that nobody polls, TLS where there is none", async () => {
  const gone = await look({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
  assert.equal(gone.states("down"), ["temporal"]);
  assert.equal(gone.states("unknown"), ["temporal namespace", "temporal task queue"]);
  const namespace = await look({ TEMPORAL_NAMESPACE: "nowhere" });
  assert.equal(namespace.states("down"), ["temporal namespace"]);
  assert.match(namespace.of("temporal namespace").todo ?? "", "temporal operator namespace create -n nowhere");
  const queue = await look({ TEMPORAL_TASK_QUEUE: "nobody-polls" });
  assert.equal(queue.states("down"), ["temporal task queue"]);
  assert.match(queue.of("temporal task queue").todo ?? "", "worker start");
  const tls = await look({ TEMPORAL_TLS: "true" });
  assert.equal(tls.states("down"), ["temporal"]);
  assert.match(tls.of("temporal").todo ?? "", "TEMPORAL_TLS=false");
});

test("Temporal: refused credentials are said as such", async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer((_, response) =>
    response.stream.respond(
      {
        ":status": 200,
        "content-type": "application/grpc",
        "grpc-status": "16",
        "grpc-message": "Request unauthorized.",
      },
      { endStream: true },
    ),
  ).listen(0, "127.0.0.1");
  server.on("session", (session) => void sessions.push(session));
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { of } = await look({ TEMPORAL_ADDRESS: address });
    for (const check of ["temporal", "temporal namespace"]) {
      assert.match(of(check).found, /credentials/);
      assert.match(of(check).todo ?? "", "TEMPORAL_API_KEY");
    }
  } finally {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("Novu: a wrong key, nobody there, something else there, and workflows that were never synced", async () => {
  const wrong = await look({ NOVU_SECRET_KEY: "another-key" });
  assert.equal(wrong.states("down"), ["novu", "bridge"]);
  assert.match(wrong.of("novu").found, /refuses the key \(HTTP 401: API Key not found\)/);
  assert.match(wrong.of("bridge").found, /HTTP 401/);
  const gone = await look({ NOVU_API_URL: `http://127.0.0.1:${await freePort()}` });
  assert.match(gone.of("novu").found, "cannot be reached");
  const other = await fakeServer(status(404));
  try {
    assert.match((await look({ NOVU_API_URL: other.url })).of("novu").todo ?? "", "NOVU_API_URL");
  } finally {
    await other.close();
  }
  const [first, ...rest] = workflows;
  const fewer = await startBridge(rest, novuKey);
  try {
    await rig.novu.control.sync(fewer.url);
    const { of, states } = await look();
    assert.equal(states("down"), ["novu workflows"]);
    assert.is(of("novu workflows").found, `Novu lacks ${first?.id}`);
    assert.match(of("novu workflows").todo ?? "", "xnovu sync");
  } finally {
    await fewer.close();
    await rig.novu.control.sync(bridge.url);
  }
});

test("the app: what its own health says, and nobody there where it was named and where it was not", async () => {
  appWith(json(503, { status: "error", checks: { database: { status: "down", error: "connection refused" } } }));
  const sick = (await look()).of("app");
  assert.equal([sick.state, sick.found], ["down", "database is down: connection refused"]);
  const PORT = String(await freePort());
  const named = await examine({ ...env, PORT }, { audience: "app", limitMs: 2_000 });
  assert.is(named.findings.find(({ check }) => check === "app")?.state, "down");
});

test("the worker: what its own health says, and nobody there", async () => {
  const worker = await fakeServer((_, response) =>
    response.writeHead(503).end(
      JSON.stringify({
        status: "error",
        checks: {
          process: { status: "up" },
          temporal: { status: "down", since: "2026-01-02T03:04:05.000Z", error: "away" },
        },
      }),
    ),
  );
  const { of } = await look({}, { workerUrl: worker.url });
  assert.equal(
    [of("worker").state, of("worker").found, of("worker").since],
    ["down", "temporal is down: away", "2026-01-02T03:04:05.000Z"],
  );
  await worker.close();
  assert.is((await look({}, { workerUrl: worker.url })).of("worker").state, "down");
});

test("Supabase is asked where a project is configured", async () => {
  const supabase = await fakeServer((request, response) => {
    const right = request.headers.apikey === "service-key" && request.url?.startsWith("/rest/v1/");
    response
      .writeHead(right ? 404 : 401)
      .end(JSON.stringify(right ? { code: "PGRST205", message: "no table" } : { message: "Invalid API key" }));
  });
  try {
    const of = async (key?: string) =>
      (await look({ NEXT_PUBLIC_SUPABASE_URL: supabase.url, SUPABASE_SERVICE_ROLE_KEY: key })).of("supabase");
    assert.is((await of("service-key")).state, "ok");
    assert.match((await of("wrong-key")).found, /refuses the key \(HTTP 401: Invalid API key\)/);
    assert.match((await of()).todo ?? "", "SUPABASE_SERVICE_ROLE_KEY");
  } finally {
    await supabase.close();
  }
});

test("a worker that stopped is missed", async () => {
  await rig.close();
  const silent = await look({}, { limitMs: 2_000 });
  assert.is(silent.of("worker").state, "down");
  assert.is(silent.of("novu").state, "down");
});

test.run();
