import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TestDatabase, testDatabase } from "./support/database.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { type RunningWorker, until, type WorkerRig, workerRig } from "./support/worker.ts";

// What becomes of rows under way when the worker is killed.
let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
const closing: (() => Promise<unknown>)[] = [];
const bulk = "/v1/events/trigger/bulk";
/** Calls of several events and of one. */
const sending = "/v1/events/trigger*";

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  closing.push(
    () => database.close(),
    () => temporal.close(),
  );
  rig = await workerRig(database.url, temporal.address);
  closing.unshift(() => rig.close());
});
test.after(async () => {
  for (const close of closing) await close();
});
test.before.each(async () => {
  rig.novu.control.reset();
  await rig.db.query("TRUNCATE notify.notification, notify.notification_recipient");
});

const fast = { FAILED_POLL_INTERVAL_MS: "100", XNOVU_RETRY_BASE_MS: "200", XNOVU_RETRY_MAX_MS: "500" };
const slowNovu = (delayMs: number) => rig.novu.control.addFault({ match: { path: sending }, delayMs, times: 10_000 });

const attempts = async () => {
  const { rows } = await rig.db.query<{ attempts: number; count: number }>(
    "SELECT attempts, count(*)::int AS count FROM notify.notification GROUP BY attempts ORDER BY attempts",
  );
  return rows.map(({ attempts: tries, count }) => [tries, count]);
};

async function allSentOnce(count: number): Promise<void> {
  await until(
    async () => (await rig.counts()).SENT === count,
    45_000,
    () => "not all were sent",
  );
  const effects = rig.novu.control.effects();
  assert.is(effects.length, count);
  const twice = effects.filter(({ accepted }) => accepted !== 1);
  assert.equal(twice, [], `${twice.length} were accepted more than once`);
}

/** 1,000 rows in two claims, 400 and 600, each with four of its calls waiting at Novu and the others to come. */
async function thousandInFlight(env: Record<string, string>): Promise<RunningWorker> {
  const worker = await rig.start({ ...fast, POLL_BATCH_SIZE: "400", ...env });
  await worker.ready();
  slowNovu(5_000);
  await rig.insert(1_000);
  await until(() => rig.novu.control.calls().counts[`POST ${bulk}`] === 8);
  assert.equal(await rig.counts(), { PROCESSING: 1_000 });
  return worker;
}

test("killed with 1,000 rows in flight: the next worker takes them over when their lease runs out, each sent once", async () => {
  const lease = { XNOVU_LEASE_MS: "3000", XNOVU_RESCUE_INTERVAL_MS: "200" };
  const first = await thousandInFlight(lease);
  first.child.kill("SIGKILL");
  assert.equal(await first.child.exited, { code: null, signal: "SIGKILL" });
  rig.novu.control.clearFaults();
  const second = await rig.start({ ...fast, ...lease });
  await allSentOnce(1_000);
  const { rows } = await rig.db.query<{ owners: number }>(
    "SELECT count(DISTINCT worker)::int AS owners FROM notify.timeline WHERE worker IS NOT NULL",
  );
  assert.is(rows[0]?.owners, 2);
  await second.child.stop({ signal: "SIGKILL" });
});

test("killed with 1,000 rows in flight and a long lease: its session's missing heartbeat ends the leases, long before they run out", async () => {
  const lease = { XNOVU_LEASE_MS: "600000", XNOVU_RESCUE_INTERVAL_MS: "600000" };
  const first = await thousandInFlight(lease);
  first.child.kill("SIGKILL");
  await first.child.exited;
  rig.novu.control.clearFaults();
  const second = await rig.start({ ...fast, ...lease });
  await allSentOnce(1_000);
  // A crash spends an attempt: a row that kills its workers is to run out of them.
  assert.equal(await attempts(), [[2, 1_000]]);
  assert.match(second.output(), "its leases are ended");
  await second.child.stop({ signal: "SIGKILL" });
});

test.run();
