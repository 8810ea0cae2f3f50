// time limit: 300 s
import { Client, Connection } from "@temporalio/client";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { sessionWorkflowId } from "../worker/temporal/contract.ts";
import { compiledWorker } from "./support/compiled-worker.ts";
import { type TestDatabase, testDatabase } from "./support/database.ts";
import { quick, sendingPaths } from "./support/fault-lab.ts";
import { type NextWorker, nextWorker } from "./support/next-worker.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { type RunningWorker, startWorker, until, type WorkerRig, workerRig } from "./support/worker.ts";

// A rolling upgrade: a worker of this version and one of the next, whose workflows have one step more, on the same task queue. Either may be given
// the next step of any workflow.
const version = "99.0.0";
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let next: NextWorker;
let connection: Connection;
let workflows: Client["workflow"];
const started: RunningWorker[] = [];

test.before(async () => {
  [database, temporal, next] = await Promise.all([testDatabase(), testTemporal(), nextWorker(version)]);
  rig = await workerRig(database.url, temporal.address, [await compiledWorker()]);
  connection = await Connection.connect({ address: temporal.address });
  workflows = new Client({ connection, namespace: temporal.namespace }).workflow;
});
test.after.each(async () => {
  await Promise.all(started.splice(0).map(({ child }) => child.stop({ signal: "SIGKILL" })));
});
test.after(async () => {
  await connection?.close();
  await rig?.close();
  await Promise.all([database?.close(), temporal?.close()]);
  next?.remove();
});
test.before.each(async () => {
  rig.novu.control.reset();
  await rig.db.query("TRUNCATE notify.notification, notify.notification_recipient");
});

async function start(program: string): Promise<RunningWorker> {
  // Claims that do not grow: a thousand rows last until both are up.
  const own = { POLL_BATCH_SIZE: "25", XNOVU_CLAIM_MAX: "25", WORKER_HEALTH_PORT: String(await freePort()) };
  const worker = await startWorker({ ...rig.env, ...quick, ...own }, [program]);
  started.push(worker);
  await worker.ready();
  return worker;
}

async function statusOf(worker: RunningWorker): Promise<{ readonly version: unknown; readonly session: string }> {
  const body = (await worker.get("/status"))?.body;
  return { version: body?.version, session: sessionWorkflowId(String(body?.owner)) };
}

const historyOf = async (session: string) => JSON.stringify(await workflows.getHandle(session).fetchHistory());

/** Waits until the worker session's workflow is over. */
async function endsWell(session: string): Promise<void> {
  const handle = workflows.getHandle(session);
  await until(
    async () => (await handle.describe()).status.name !== "RUNNING",
    40_000,
    () => `${session} does not end`,
  );
  assert.is((await handle.describe()).status.name, "COMPLETED");
}

const many = JSON.stringify(Array.from({ length: 600 }, (_, n) => `many${n}`));

/** Rows of one recipient, and one that has a workflow of its own. */
async function insertMixed(count: number): Promise<void> {
  await rig.insert(count);
  await rig.insert(1, { recipients: many });
}

async function allSentOnce(rows: number, effects: number): Promise<void> {
  await until(
    async () => (await rig.counts()).SENT === rows,
    45_000,
    () => "not all were sent",
  );
  assert.equal(await rig.counts(), { SENT: rows });
  const accepted = rig.novu.control.effects();
  assert.is(accepted.length, effects);
  assert.equal(
    accepted.filter(({ accepted: times }) => times !== 1),
    [],
  );
}

test("the old worker drains beside the new one: each row is sent once, both sessions end well", async () => {
  const old = await start(await compiledWorker());
  rig.novu.control.addFault({ match: { path: sendingPaths }, delayMs: 500, times: 100_000 });
  await insertMixed(1_000);
  await until(async () => ((await rig.counts()).SENT ?? 0) > 50);
  const young = await start(next.program);
  const [before, after] = [await statusOf(old), await statusOf(young)];
  assert.is(after.version, version);
  assert.is.not(before.version, version);
  assert.ok(((await rig.counts()).SENT ?? 0) < 1_001, "nothing was left to drain");
  old.child.kill("SIGTERM");
  assert.equal(await old.child.exited, { code: 0, signal: null });
  await endsWell(before.session);
  assert.not.match(await historyOf(before.session), "WORKFLOW_TASK_FAILED");
  // Alone now, for claims by themselves too.
  await insertMixed(50);
  await allSentOnce(1_052, 1_050 + 2 * 600);
  assert.equal(await young.end(), { code: 0, signal: null });
  await endsWell(after.session);
});

test("the new worker goes on with the session of an old one that was killed, and its own have the new step", async () => {
  const old = await start(await compiledWorker());
  const before = await statusOf(old);
  // There before the new one: its worker session's first step was the old version's.
  const young = await start(next.program);
  old.child.kill("SIGKILL");
  await old.child.exited;
  await endsWell(before.session);
  assert.match(young.output(), "its leases are ended");
  assert.not.match(await historyOf(before.session), "MARKER_RECORDED");
  const younger = await start(next.program);
  await insertMixed(20);
  await allSentOnce(21, 620);
  const after = await statusOf(younger);
  for (const worker of [young, younger]) assert.equal(await worker.end(), { code: 0, signal: null });
  await endsWell(after.session);
  assert.match(await historyOf(after.session), "MARKER_RECORDED");
});

test.run();
