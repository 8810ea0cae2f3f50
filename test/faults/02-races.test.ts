// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testDatabase } from "../support/database.ts";
import { labOfFile, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { metric } from "../support/metric.ts";
import { tcpProxy } from "../support/tcp-proxy.ts";
import { testTemporal } from "../support/temporal.ts";
import { until } from "../support/worker.ts";

// Two workers that both believe to hold a row, and four that want all of them.
const lab = labOfFile(testDatabase, testTemporal);

faultTest(8, "stopped past its lease and woken: its late write changes nothing and is counted", async () => {
  // The write is held for longer than a statement may usually take.
  const lease = { XNOVU_LEASE_MS: "1000", XNOVU_RESCUE_INTERVAL_MS: "100", XNOVU_STATEMENT_TIMEOUT_MS: "60000" };
  const url = lab().env.DATABASE_URL ?? "";
  const proxy = await tcpProxy(new URL(url).host);
  try {
    const zombie = await lab().readyWorker({ ...lease, DATABASE_URL: proxy.through(url) });
    lab().novu.control.addFault({ match: { path: sendingPaths }, delayMs: 400, times: 1 });
    await lab().insert(10);
    await until(() => lab().calls() === 1);
    // What it writes about Novu's answer is on its way while it is stopped: no renewal can tell it before that the lease is gone.
    proxy.hold("up");
    await until(() => lab().novu.control.effects().length === 10);
    await sleep(300);
    zombie.child.kill("SIGSTOP");
    const heir = await lab().readyWorker(lease);
    await lab().drained();
    const versions = await rowVersions();
    zombie.child.kill("SIGCONT");
    proxy.pass();
    await until(
      async () => (await metric(zombie, "xnovu_lease_lost_total")) >= 10,
      20_000,
      () => `xnovu_lease_lost_total does not count the ten late rows:\n${zombie.output()}`,
    );
    assert.equal(await rowVersions(), versions, "the late write changed something");
    assert.is(await metric(heir, 'xnovu_notifications_total{outcome="sent"}'), 10);
    await lab().held();
  } finally {
    await lab().killWorkers();
    await proxy.close();
  }
});

/** Postgres' own mark of each row's last write. */
const rowVersions = async (): Promise<unknown[]> =>
  (await lab().db.query("SELECT id, xmin::text, ctid::text FROM notify.notification ORDER BY id")).rows;

faultTest(9, "four workers race over 10,000 rows: no row is claimed twice", async () => {
  const env = { POLL_BATCH_SIZE: "100", XNOVU_LEASE_MS: "60000" };
  await Promise.all(Array.from({ length: 4 }, () => lab().readyWorker(env)));
  lab().novu.control.addFault({ match: { path: sendingPaths }, delayMs: 50, times: 100_000 });
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
