import { setTimeout as sleep } from "node:timers/promises";
import { Client, Connection, WorkflowNotFoundError } from "@temporalio/client";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { startTemporal, type Temporal } from "../local/temporal.ts";
import { sessionWorkflowId } from "../worker/temporal/contract.ts";
import { databaseOn, type TestDatabase, testDatabase } from "./support/database.ts";
import { faultTest } from "./support/fault-notes.ts";
import { type PrivatePostgres, privatePostgres } from "./support/servers.ts";
import { type TestTemporal, temporalBinary, testTemporal } from "./support/temporal.ts";
import { type RunningWorker, until, type WorkerRig, workerRig } from "./support/worker.ts";

// What the worker does while something it needs is away.
let database: TestDatabase;
let temporal: TestTemporal;
/** A worker whose key Novu refuses: sending pauses for a minute, so the first test starts it and the last one looks again. */
let refused: WorkerRig;
let refusedWorker: RunningWorker;
const closing: (() => Promise<unknown>)[] = [];
/** Calls of several events and of one. */
const sending = "/v1/events/trigger*";

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  closing.unshift(
    () => database.close(),
    () => temporal.close(),
  );
  refused = await workerRig(database.url, temporal.address);
  closing.unshift(() => refused.close());
});
test.after(async () => {
  for (const close of closing) await close();
});

const stateOf = async (worker: RunningWorker, part: string) => (await worker.get("/health"))?.body.checks?.[part];
const isDown = (worker: RunningWorker, part: string) =>
  until(async () => (await stateOf(worker, part))?.status === "down");
const sent = (rig: WorkerRig, count: number) =>
  until(
    async () => (await rig.counts()).SENT === count,
    30_000,
    () => `not ${count} sent`,
  );

faultTest(25, "a key that Novu refuses pauses sending: health says so, and no attempt is spent", async () => {
  refusedWorker = await refused.start({ FAILED_POLL_INTERVAL_MS: "100" });
  await refusedWorker.ready();
  refused.novu.control.addFault({ match: { path: sending }, status: 401, times: 1_000 });
  await refused.insert(300);
  await isDown(refusedWorker, "processing");
  const health = await refusedWorker.get("/health");
  assert.is(health?.code, 503);
  assert.match(String(health?.body.checks?.processing?.error), "401");
  await until(async () => (await refused.counts()).PENDING === 300);
  const { rows } = await refused.db.query("SELECT max(attempts) AS most FROM notify.notification");
  assert.equal(rows, [{ most: 0 }]);
  assert.is((await refusedWorker.get("/health/live"))?.code, 200);
  refused.novu.control.clearFaults();
});

faultTest(
  17,
  "without Temporal it serves health and claims nothing; when Temporal goes later the session stays open, and is Temporal's again when it is back",
  async () => {
    const port = await freePort();
    const binary = await temporalBinary();
    const own = await databaseOnServerOf(database);
    const rig = await workerRig(own.url, `127.0.0.1:${port}`);
    let server: Temporal | undefined;
    try {
      const worker = await rig.start();
      await until(() => worker.get("/health"));
      await until(async () => String((await stateOf(worker, "temporal"))?.error).includes(`127.0.0.1:${port}`));
      await until(async () => (await stateOf(worker, "database"))?.status === "up");
      assert.is((await worker.get("/health"))?.code, 503);
      assert.is((await worker.get("/health/live"))?.code, 200);
      const ready = await worker.get("/health/ready");
      assert.is(ready?.code, 503);
      assert.match(JSON.stringify(ready?.body), '"name":"temporal"');
      await rig.insert(5);
      await sleep(500);
      assert.equal(await rig.counts(), { PENDING: 5 });

      server = await startTemporal({ binary, port, namespace: "xnovu" });
      await worker.ready();
      await sent(rig, 5);

      await server.kill("SIGKILL");
      await isDown(worker, "temporal");
      assert.is((await worker.get("/health/live"))?.code, 200);
      assert.is((await worker.get("/health/ready"))?.code, 503);
      // Whether a row is sent is for Postgres to say: what Temporal holds is the worker session, and nobody took that away.
      await rig.insert(5);
      await sent(rig, 10);
      server = await startTemporal({ binary, port, namespace: "xnovu" });
      await worker.ready();
      // A server that knows nothing of the worker session closes it, and gets a request for a new one.
      const owner = String((await worker.get("/status"))?.body.owner);
      await until(() => isRunning(`127.0.0.1:${port}`, sessionWorkflowId(owner)), 40_000);
      await rig.insert(5);
      await sent(rig, 15);
      const { rows } = await rig.db.query("SELECT max(attempts) AS most FROM notify.notification");
      assert.equal(rows, [{ most: 1 }]);
      assert.ok(rig.novu.control.effects().every(({ accepted }) => accepted === 1));
      assert.is(worker.child.exit(), undefined);
    } finally {
      await rig.close();
      await server?.stop();
      await own.close();
    }
  },
);

test("without Postgres it serves health, is ready when Postgres comes, and continues after a restart during work", async () => {
  const postgres: PrivatePostgres = await privatePostgres();
  const own = await databaseOn(postgres.url);
  const rig = await workerRig(own.url, temporal.address);
  try {
    await postgres.server.stop();
    // Any number of restarts is too many here: what is away is waited for.
    const worker = await rig.start({
      XNOVU_RESTART_LIMIT: "0",
      FAILED_POLL_INTERVAL_MS: "100",
      XNOVU_RETRY_BASE_MS: "200",
      POLL_BATCH_SIZE: "20",
    });
    await until(() => worker.get("/health"));
    await isDown(worker, "database");
    assert.is((await worker.get("/health/live"))?.code, 200);
    await sleep(3_000);
    await postgres.restart();
    await worker.ready();

    rig.novu.control.addFault({ match: { path: sending }, delayMs: 300, times: 10_000 });
    await rig.insert(500);
    await until(async () => ((await rig.counts()).SENT ?? 0) > 0);
    await postgres.restart();
    await sent(rig, 500);
    const effects = rig.novu.control.effects();
    assert.is(effects.length, 500);
    assert.ok(effects.every(({ accepted }) => accepted === 1));
    await until(async () => (await worker.get("/health"))?.code === 200);
    assert.is(worker.child.exit(), undefined);
  } finally {
    await rig.close();
    await postgres.close();
  }
});

faultTest(25, "when the key is right again sending resumes by itself", async () => {
  await until(
    async () => (await refused.counts()).SENT === 300,
    75_000,
    () => "sending did not resume",
  );
  assert.is((await refusedWorker.get("/health"))?.code, 200);
  assert.ok(refused.novu.control.effects().every(({ accepted }) => accepted === 1));
});

async function isRunning(address: string, workflowId: string): Promise<boolean> {
  const connection = await Connection.connect({ address });
  try {
    const handle = new Client({ connection, namespace: "xnovu" }).workflow.getHandle(workflowId);
    return (await handle.describe()).status.name === "RUNNING";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  } finally {
    await connection.close();
  }
}

/** A second database on the server that the test's first one is on. */
const databaseOnServerOf = ({ url }: TestDatabase): Promise<TestDatabase> => databaseOn(url);

test.run();
