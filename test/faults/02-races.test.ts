// time limit: 500 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testDatabase } from "../support/database.ts";
import { bulkPath, labOfFile } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { metric } from "../support/metric.ts";
import { testTemporal } from "../support/temporal.ts";
import { until } from "../support/worker.ts";

// Two workers that both believe to hold a row, and four that want all of them.
const lab = labOfFile(testDatabase, testTemporal);

faultTest(8, "stopped past its lease and woken: its late write changes nothing and is counted", async () => {
  const lease = { XNOVU_LEASE_MS: "1000", XNOVU_SWEEP_INTERVAL_MS: "100" };
  const zombie = await lab().readyWorker(lease);
  lab().novu.control.addFault({ match: { path: bulkPath }, delayMs: 1_500, times: 1 });
  await lab().insert(10);
  await until(() => lab().calls() === 1);
  zombie.child.kill("SIGSTOP");
  const heir = await lab().readyWorker(lease);
  await lab().drained();
  const settled = await lastChange();
  zombie.child.kill("SIGCONT");
  await until(
    async () => (await metric(zombie, "xnovu_lease_lost_total")) >= 10,
    8_000,
    () => "xnovu_lease_lost_total does not count the ten late rows",
  );
  assert.is(await lastChange(), settled, "the late write changed something");
  assert.is(await metric(heir, 'xnovu_notifications_total{outcome="sent"}'), 10);
  await lab().held();
});

const lastChange = async (): Promise<string | undefined> =>
  (await lab().db.query<{ id: string }>("SELECT max(id) AS id FROM audit.change")).rows[0]?.id;

faultTest(9, "four workers race over 10,000 rows: no row is claimed twice", async () => {
  const env = { POLL_BATCH_SIZE: "100", XNOVU_LEASE_MS: "60000" };
  await Promise.all(Array.from({ length: 4 }, () => lab().readyWorker(env)));
  lab().novu.control.addFault({ match: { path: bulkPath }, delayMs: 50, times: 100_000 });
  await lab().insert(10_000);
  const { accepted } = await lab().held({}, 60_000);
  assert.is(accepted, 10_000);
  const { rows } = await lab().db.query<{ claims: number; tokens: number; owners: number; rows: number }>(
    `SELECT count(*)::int AS claims, count(DISTINCT token)::int AS tokens, count(DISTINCT owner)::int AS owners,
       count(DISTINCT notification_id)::int AS rows FROM audit.change WHERE to_status = 'PROCESSING'`,
  );
  assert.is(rows[0]?.claims, 10_000, "a row was claimed twice");
  assert.is(rows[0]?.rows, 10_000);
  assert.ok(Number(rows[0]?.owners) > 1, "one worker took them all: this was no race");
});

test.run();
