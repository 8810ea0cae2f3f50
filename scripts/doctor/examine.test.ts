// time limit: 240 s
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { startBridge } from "@xnovu/novu-emulator/test-bridge";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../local/ports.ts";
import { workflows } from "../../novu/workflows/index.ts";
import { fakeServer, status } from "../../test/support/fake-server.ts";
import { novuKey } from "../../test/support/worker.ts";
import { type DoctorRig, doctorRig, healthy } from "./doctor-rig.fixture.ts";
import { type ExamineOptions, examine } from "./examine.ts";

// Against real servers (the run's Postgres and Temporal), one problem at a time: its finding says what is wrong and what to do, and every other
// finding stays. Postgres has a file of its own.
let rig: DoctorRig;
const look: DoctorRig["look"] = (...given) => rig.look(...given);

test.before(async () => {
  rig = await doctorRig();
});
test.after(() => rig.close());
test.before.each(() => rig.setAppHealth(200, healthy));

const everything = [
  ...[
    "settings",
    "postgres",
    "postgres schema",
    "clock",
    "postgres session",
    "postgres rights",
    "sending pause",
    "due",
    "dead letters",
  ],
  ...["temporal", "temporal namespace", "temporal task queue", "novu", "novu workflows", "app", "bridge", "worker"],
];

test("all fine: every finding is ok, with its latency, and the exit code is 0", async () => {
  const { findings, states, code, of } = await look();
  assert.equal(states("ok"), everything, JSON.stringify(findings, null, 1));
  assert.is(code, 0);
  assert.ok(findings.filter(({ ms }) => ms !== undefined).length > 10);
  assert.ok(!Number.isNaN(Date.parse(of("postgres").since ?? "")));
  assert.match(of("temporal task queue").found, /polled by \S+/);
});

test("each audience gets its own checks", async () => {
  const checks = async (audience: ExamineOptions["audience"]) =>
    (await examine(rig.env, { audience, limitMs: 4_000 })).findings.map(({ check }) => check);
  const forWorker = await checks("worker");
  assert.ok(["temporal", "worker", "sending pause"].every((check) => forWorker.includes(check)));
  assert.not.ok(forWorker.includes("app"));
  const forApp = await checks("app");
  assert.ok(["postgres", "novu", "app"].every((check) => forApp.includes(check)));
  assert.not.ok(forApp.some((check) => /temporal|worker|sending pause/.test(check)));
});

test("each bad setting is a finding and the exit code is 78, secrets stay hidden, and the other checks run", async () => {
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
    { name: "TEMPORAL_ADDRESS", group: "temporal", value: rig.temporalAddress, from: "environment" },
  );
});

test("Temporal: no server, a missing namespace, a queue without pollers, TLS to a server without TLS", async () => {
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

test("Temporal: refused credentials", async () => {
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
    const { of } = await look({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: "geheim1", TEMPORAL_TLS: "false" });
    for (const check of ["temporal", "temporal namespace"]) {
      assert.match(of(check).found, /credentials/);
      assert.match(of(check).todo ?? "", "TEMPORAL_API_KEY");
    }
    assert.is(of("setting TEMPORAL_TLS").state, "warn");
  } finally {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("Novu: a wrong key, no server, another server, and workflows that were never synced", async () => {
  const wrong = await look({ NOVU_SECRET_KEY: "another-key" });
  assert.equal(wrong.states("down"), ["novu", "bridge"]);
  assert.match(wrong.of("novu").found, /refuses the key \(HTTP 401: API Key not found\)/);
  assert.match(wrong.of("bridge").found, /HTTP 401/);
  const gone = await look({ NOVU_API_URL: `http://127.0.0.1:${await freePort()}` });
  assert.match(gone.of("novu").found, "cannot be reached");
  const other = await fakeServer(status(404));
  try {
    assert.match((await look({ NOVU_API_URL: other.url })).of("novu").todo ?? "", "NOVU_API_URL");
    other.answer((request, response) =>
      response.writeHead(400).end(JSON.stringify({ message: `not you, ${request.headers.authorization}` })),
    );
    assert.match((await look({ NOVU_API_URL: other.url })).of("novu").found, /HTTP 400: not you, ApiKey \*\*\*\*$/);
  } finally {
    await other.close();
  }
  const [first, ...rest] = workflows;
  const fewer = await startBridge(rest, novuKey);
  try {
    await rig.worker.novu.control.sync(fewer.url);
    const { of, states } = await look();
    assert.equal(states("down"), ["novu workflows"]);
    assert.is(of("novu workflows").found, `Novu lacks ${first?.id}`);
    assert.match(of("novu workflows").todo ?? "", "xnovu sync");
  } finally {
    await fewer.close();
    await rig.worker.novu.control.sync(rig.bridge.url);
  }
});

test("the app: what its health endpoint reports, and no app at an address that a setting names", async () => {
  rig.setAppHealth(503, { status: "error", checks: { database: { status: "down", error: "connection refused" } } });
  const down = (await look()).of("app");
  assert.equal([down.state, down.found], ["down", "database is down: connection refused"]);
  const PORT = String(await freePort());
  const named = await examine({ ...rig.env, PORT }, { audience: "app", limitMs: 2_000 });
  assert.is(named.findings.find(({ check }) => check === "app")?.state, "down");
});

test("the worker: what its health endpoint reports, and no worker", async () => {
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

test("a worker that stopped is down", async () => {
  await rig.worker.close();
  const silent = await look({}, { limitMs: 2_000 });
  assert.is(silent.of("worker").state, "down");
  assert.is(silent.of("novu").state, "down");
});

test.run();
