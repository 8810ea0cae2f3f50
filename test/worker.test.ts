import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Connection } from "@temporalio/client";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { show } from "../outbox/reader.ts";
import type { TestDatabase } from "./support/database.ts";
import type { TestTemporal } from "./support/temporal.ts";
import { novuKey, type RunningWorker, until, type WorkerRig } from "./support/worker.ts";
import { openRig } from "./support/worker-suite.ts";

// One worker with the guide's intervals, and what it does with rows of every kind.
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let worker: RunningWorker;

openRig(
  (opened) => {
    ({ rig, database, temporal } = opened);
  },
  { fromSource: true },
);
test.before(async () => {
  worker = await rig.start({
    // POLL_INTERVAL_MS keeps its default: only the wake-up makes the first test pass.
    FAILED_POLL_INTERVAL_MS: "100",
    SCHEDULED_POLL_INTERVAL_MS: "100",
    XNOVU_RETRY_BASE_MS: "100",
    XNOVU_RETRY_MAX_MS: "200",
    XNOVU_LOG_LEVEL: "trace",
  });
  await worker.ready();
});
test.before.each(() => rig.novu.control.reset());

const statusOf = async (id: string | undefined) => (await show(rig.db, id ?? ""))?.status;
const insertOne = async (columns: Record<string, unknown>) => (await rig.insert(1, columns))[0] ?? "";
const detail = async (id: string) => {
  const found = await show(rig.db, id);
  if (found === undefined) throw new Error(`no notification ${id}`);
  return found;
};

test("a plain INSERT is SENT within a second, and its timeline names a workflow that Temporal knows", async () => {
  // The first delivery also opens the connections to Novu.
  await rig.insert(1);
  await until(async () => (await rig.counts()).SENT === 1);
  const begin = Date.now();
  const id = await insertOne({ recipients: '["ada"]' });
  await until(async () => (await statusOf(id)) === "SENT", 5_000);
  assert.ok(Date.now() - begin < 1_000, `took ${Date.now() - begin} ms`);
  const { timeline, outcomes, transactionId } = await detail(id);
  assert.equal(
    timeline.map((event) => event.to),
    ["PENDING", "PROCESSING", "SENT"],
  );
  assert.equal(
    rig.novu.control.effects({ subscriberId: "ada" }).map((e) => [e.transactionId, e.accepted]),
    [[`acme:${transactionId}:0`, 1]],
  );
  assert.equal(
    outcomes.map((outcome) => outcome.status),
    ["SENT"],
  );

  const workflowId = timeline[1]?.workflowId ?? "";
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const handle = new Client({ connection, namespace: temporal.namespace }).workflow.getHandle(workflowId);
    const { type, taskQueue, status } = await handle.describe();
    assert.equal([type, status.name], ["workerSession", "RUNNING"]);
    assert.is(taskQueue, rig.env.TEMPORAL_TASK_QUEUE);
    // What Temporal keeps is the name of the worker: neither the payload nor the recipient.
    const history = JSON.stringify(await handle.fetchHistory(), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    const owner = workflowId.replace("xnovu-session-", "");
    assert.is((await worker.get("/status"))?.body.owner, owner);
    assert.match(history, owner);
    for (const hidden of ["Ada", '"ada"', transactionId]) assert.not.match(history, hidden);
  } finally {
    await connection.close();
  }
});

const bulk = "/v1/events/trigger/bulk";
/** Calls of several events and of one. */
const sending = "/v1/events/trigger*";

test("a scheduled notification is sent at its time and not before", async () => {
  const at = new Date(Date.now() + 1_500);
  const id = await insertOne({ scheduled_for: at });
  await sleep(1_000);
  assert.is(await statusOf(id), "PENDING");
  await until(async () => (await statusOf(id)) === "SENT");
  const sentAt = Date.parse((await detail(id)).sentAt ?? "");
  assert.ok(sentAt >= at.getTime(), "sent too early");
  assert.ok(sentAt < at.getTime() + 2_000, `sent ${sentAt - at.getTime()} ms late`);
});

test("one that Novu failed on is tried again and accepted once", async () => {
  rig.novu.control.addFault({ match: { path: sending }, status: 500 });
  const id = await insertOne({ recipients: '["bob"]' });
  await until(async () => (await statusOf(id)) === "SENT");
  const { timeline, attempts } = await detail(id);
  assert.equal(
    timeline.map((event) => event.to),
    ["PENDING", "PROCESSING", "FAILED", "PROCESSING", "SENT"],
  );
  assert.is(attempts, 2);
  assert.match(timeline[2]?.error ?? "", "500");
  assert.equal(
    rig.novu.control.effects({ subscriberId: "bob" }).map((effect) => effect.accepted),
    [1],
  );
});

test("a reply that was lost after Novu had accepted does not send twice", async () => {
  rig.novu.control.addFault({ match: { path: sending }, dropAfterAccept: true });
  const id = await insertOne({ recipients: '["eve"]' });
  await until(async () => (await statusOf(id)) === "SENT");
  assert.equal(
    rig.novu.control.effects({ subscriberId: "eve" }).map((effect) => effect.accepted),
    [1],
  );
  const keys = rig.novu.control.calls().last.map((call) => call.headers["idempotency-key"]);
  assert.is(keys.length, 2);
  assert.is(keys[0], keys[1]);
});

const refusal = { statusCode: 400, timestamp: "now", path: bulk, message: "refused on order", type: "X", errors: [] };

test("ten recipients, one refused: nine get it once, and the row says which one did not", async () => {
  rig.novu.control.addFault({
    match: { path: sending, bodyIncludes: "refused-one" },
    status: 400,
    body: refusal,
    times: 1000,
  });
  const recipients = Array.from({ length: 10 }, (_, i) => (i === 6 ? "refused-one" : `good-${i}`));
  const id = await insertOne({ recipients: JSON.stringify(recipients) });
  await until(async () => (await statusOf(id)) === "SENT");
  const { outcomes } = await detail(id);
  assert.equal(
    outcomes.map(({ ordinal, status }) => [ordinal, status]),
    recipients.map((_, i) => [i, i === 6 ? "DEAD" : "SENT"]),
  );
  assert.match(outcomes[6]?.error ?? "", "refused on order");
  const effects = rig.novu.control.effects();
  assert.is(effects.length, 9);
  assert.ok(effects.every((effect) => effect.accepted === 1));
});

test("after its last attempt a notification is a dead letter that says why", async () => {
  rig.novu.control.addFault({ match: { path: sending, bodyIncludes: "unlucky" }, status: 503, times: 1000 });
  const id = await insertOne({ recipients: '["unlucky"]', max_attempts: 2 });
  await until(async () => (await statusOf(id)) === "DEAD");
  const { error, attempts } = await detail(id);
  assert.is(attempts, 2);
  assert.match(error ?? "", /gave up after 2 attempts: .*503/);
});

test("a workflow that Novu does not know is a dead letter at once", async () => {
  const { rows } = await rig.db.query<{ id: string }>(
    "SELECT notify.enqueue('acme', 'no-such-workflow', '\"ada\"') AS id",
  );
  const id = rows[0]?.id ?? "";
  await until(async () => (await statusOf(id)) === "DEAD");
  const { error, attempts } = await detail(id);
  assert.is(attempts, 1);
  assert.match(error ?? "", "workflow_not_found");
});

test("a rate limit pauses for as long as Novu says and spends no attempt", async () => {
  rig.novu.control.addFault({ match: { path: sending }, status: 429, headers: { "retry-after": "1" } });
  const id = await insertOne({});
  await until(async () => (await worker.get("/status"))?.body.processing?.paused);
  assert.is((await worker.get("/health"))?.code, 200);
  await until(async () => (await statusOf(id)) === "SENT");
  assert.is((await detail(id)).attempts, 1);
});

test("/health, /health/live, /health/ready and /status say how each part is doing", async () => {
  const health = await worker.get("/health");
  assert.is(health?.code, 200);
  assert.equal(Object.keys(health?.body.checks ?? {}), ["process", "database", "temporal", "polling", "processing"]);
  assert.is(health?.body.checks?.temporal?.namespace, "xnovu");
  assert.is(health?.body.checks?.temporal?.session, "open");
  assert.is((await worker.get("/health/live"))?.code, 200);
  assert.is((await worker.get("/health/ready"))?.code, 200);
  const status = await worker.get("/status");
  assert.is(status?.code, 200);
  assert.equal(Object.keys(status?.body.polling ?? {}), ["new", "failed", "scheduled", "rescue"]);
  assert.is(status?.body.polling?.new?.intervalMs, 10_000);
  assert.ok(Number(status?.body.polling?.new?.polls) > 0);
  for (const part of [
    "database",
    "listener",
    "temporal",
    "session",
    "loop:new",
    "loop:failed",
    "loop:scheduled",
    "loop:rescue",
  ])
    assert.is(status?.body.components?.[part]?.state, "up", part);
  assert.is((await fetch(`${worker.url}/nothing`)).status, 404);
});

test("/metrics counts what was done", async () => {
  const text = await (await fetch(`${worker.url}/metrics`)).text();
  const value = (line: string) =>
    Number(
      text
        .split("\n")
        .find((found) => found.startsWith(`${line} `))
        ?.split(" ")[1],
    );
  const counts = await rig.counts();
  assert.is(value('xnovu_notifications_total{outcome="sent"}'), counts.SENT);
  assert.is(value('xnovu_notifications_total{outcome="dead"}'), counts.DEAD);
  assert.is(value('xnovu_notifications_total{outcome="failed"}'), 3);
  assert.is(value('xnovu_component_up{component="temporal"}'), 1);
  assert.is(value("xnovu_sending_paused"), 0);
  assert.ok(value('xnovu_novu_calls_total{result="sent"}') > 0);
});

test("no secret is in its command line or in its output, whatever the log level", async () => {
  const argv = readFileSync(`/proc/${worker.child.pid}/cmdline`, "utf8");
  const output = worker.output();
  assert.match(output, "a claim was delivered");
  for (const secret of [novuKey, new URL(database.url).password, '"name":"Ada"']) {
    assert.ok(secret.length > 3);
    assert.not.match(output, secret);
    assert.not.match(argv, secret);
  }
});

test("a second worker on the same port ends at once and names the port", async () => {
  const id = (await rig.insert(1, { scheduled_for: new Date(Date.now() + 600_000) }))[0] ?? "";
  const begin = Date.now();
  const second = await rig.start({ TEMPORAL_TASK_QUEUE: "never" });
  assert.equal(await second.child.exited, { code: 1, signal: null });
  assert.ok(Date.now() - begin < 10_000);
  await until(() => second.output().includes(`port ${worker.port} is already in use`));
  assert.not.match(second.output(), "    at ");
  assert.is(await statusOf(id), "PENDING");
  assert.is((await worker.get("/health"))?.code, 200);
});

test("every bad setting is reported at once, with exit code 78 and no secret", async () => {
  const bad = await rig.start({
    DATABASE_URL: "mysql://u:hidden-password@h/db",
    NOVU_SECRET_KEY: "",
    POLL_INTERVAL_MS: "soon",
    WORKER_HEALTH_PORT: "70000",
    TEMPORAL_ADDRESS: "nowhere",
  });
  assert.equal(await bad.child.exited, { code: 78, signal: null });
  await until(() => bad.output().includes(".env.example"));
  for (const name of ["DATABASE_URL", "NOVU_SECRET_KEY", "POLL_INTERVAL_MS", "WORKER_HEALTH_PORT", "TEMPORAL_ADDRESS"])
    assert.match(bad.output(), name);
  assert.match(bad.output(), "5 bad settings");
  assert.not.match(bad.output(), "hidden-password");
});

test("a namespace that Temporal does not have ends the worker with the reason", async () => {
  const wrong = await rig.start({ TEMPORAL_NAMESPACE: "no-such", WORKER_HEALTH_PORT: String(await freePort()) });
  assert.equal(await wrong.child.exited, { code: 1, signal: null });
  await until(() => wrong.output().includes("has no namespace"));
  assert.match(wrong.output(), "TEMPORAL_NAMESPACE");
  assert.is((await worker.get("/health"))?.code, 200);
});

test("SIGTERM ends an idle worker with 0 within two seconds, and its port is free", async () => {
  const begin = Date.now();
  assert.equal(await worker.end(), { code: 0, signal: null });
  assert.ok(Date.now() - begin < 2_000, `took ${Date.now() - begin} ms`);
  assert.is(await worker.get("/health"), undefined);
});

test.run();
