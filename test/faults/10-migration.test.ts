// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { knownMigrations, migrate, migrateUp, migrationStatus } from "../../outbox/migrate.ts";
import { testDatabase } from "../support/database.ts";
import { type FaultLab, openLab, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { testTemporal } from "../support/temporal.ts";
import { type RunningWorker, until } from "../support/worker.ts";

/** A lab whose schema may change: made for one test, thrown away after it. */
async function withLab(work: (lab: FaultLab, url: string) => Promise<void>): Promise<void> {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  const lab = await openLab(database.url, temporal.address);
  try {
    await work(lab, database.url);
  } finally {
    await lab.killWorkers();
    await lab.close();
    await Promise.all([database.close(), temporal.close()]);
  }
}

faultTest(
  30,
  "schema behind the code: not ready, the missing migration named, nothing claimed; ready once it is there",
  () =>
    withLab(async (lab, url) => {
      const missing = knownMigrations().at(-1) ?? "";
      await migrate(url, { direction: "down", count: 1 });
      await lab.insert(5);
      const worker = await lab.worker();
      const ready = await until(
        async () => {
          const answer = await worker.get("/health/ready");
          return JSON.stringify(answer?.body ?? {}).includes(missing) ? answer : undefined;
        },
        15_000,
        () => `readiness does not name ${missing}; the worker: ${JSON.stringify(worker.child.exit() ?? "runs")}`,
      );
      assert.is(ready?.code, 503);
      await sessionIsOpen(worker);
      await sleep(3_000);
      assert.equal(await lab.counts(), { PENDING: 5 });
      assert.is((await worker.get("/health/live"))?.code, 200);
      await migrateUp(url);
      await worker.ready();
      await lab.held();
    }),
);

/** Waits until Temporal has opened the worker's worker session: from then on nothing but the schema keeps it from claiming. */
const sessionIsOpen = (worker: RunningWorker) =>
  until(async () => (await worker.get("/status"))?.body.components?.session?.state === "up", 30_000);

faultTest(30, "schema behind in what no claim would notice: nothing is claimed although the session is open", () =>
  withLab(async (lab, url) => {
    const { rows } = await lab.db.query("DELETE FROM notify.schema_migration WHERE name = $1 RETURNING name, run_on", [
      knownMigrations().at(-1),
    ]);
    await lab.insert(5);
    await lab.insert(1, { scheduled_for: new Date() });
    const worker = await lab.worker();
    await sessionIsOpen(worker);
    await sleep(3_000);
    assert.equal(await lab.counts(), { PENDING: 6 });
    assert.is(lab.calls(), 0);
    await lab.db.query("INSERT INTO notify.schema_migration (name, run_on) VALUES ($1, $2)", [
      rows[0]?.name,
      rows[0]?.run_on,
    ]);
    await worker.ready();
    await lab.held();
    assert.equal((await migrationStatus(url)).pending, []);
  }),
);

faultTest(30, "two migrations at once while it runs: one after the other, and nothing is lost", () =>
  withLab(async (lab, url) => {
    const worker = await lab.readyWorker({ POLL_BATCH_SIZE: "10" });
    lab.novu.control.addFault({ match: { path: sendingPaths }, delayMs: 100, times: 100_000 });
    await lab.insert(400);
    await until(async () => ((await lab.counts()).SENT ?? 0) > 0);
    await migrate(url, { direction: "down", count: 1 });
    await sleep(500);
    const done = await Promise.all([migrateUp(url), migrateUp(url)]);
    assert.is(done.flat().length, 1, "applied twice");
    assert.equal((await migrationStatus(url)).pending, []);
    await lab.insert(20, { recipients: '["after"]' });
    await lab.held({}, 45_000);
    assert.is(worker.child.exit(), undefined);
    await worker.ready();
  }),
);

test.run();
