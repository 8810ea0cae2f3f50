import { test } from "uvu";
import * as assert from "uvu/assert";
import { type RunningWorker, until, type WorkerRig } from "./support/worker.ts";
import { allSentOnce, attemptsOf, bulk, fast, openRig, slowNovu } from "./support/worker-suite.ts";

// What becomes of rows under way when the worker is killed.
let rig: WorkerRig;

openRig(
  (opened) => {
    rig = opened.rig;
  },
  { emptyBefore: true },
);

/** 1,000 rows in two claims, 400 and 600, each with four of its calls waiting at Novu and the others to come. */
async function thousandInFlight(env: Record<string, string>): Promise<RunningWorker> {
  const worker = await rig.start({ ...fast, POLL_BATCH_SIZE: "400", ...env });
  await worker.ready();
  slowNovu(rig, 5_000);
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
  await allSentOnce(rig, 1_000);
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
  await allSentOnce(rig, 1_000);
  // A crash spends an attempt: a row that kills its workers is to run out of them.
  assert.equal(await attemptsOf(rig), [[2, 1_000]]);
  assert.match(second.output(), "its leases are ended");
  await second.child.stop({ signal: "SIGKILL" });
});

test.run();
