import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fakeServer, silence } from "./support/fake-server.ts";
import { faultTest } from "./support/fault-notes.ts";
import { until, type WorkerRig } from "./support/worker.ts";
import { allSentOnce, attemptsOf, bulk, fast, openRig, slowNovu } from "./support/worker-suite.ts";

// What becomes of rows under way when the worker is stopped, once or twice.
let rig: WorkerRig;

openRig(
  (opened) => {
    rig = opened.rig;
  },
  { emptyBefore: true },
);

faultTest(
  5,
  "SIGTERM during 1,000 rows: calls in flight end, the other rows are released unspent, and the next worker sends them",
  async () => {
    // Claims that do not grow and calls that take their time, so that no machine is done with them before the signal.
    const env = { ...fast, POLL_BATCH_SIZE: "25", XNOVU_CLAIM_MAX: "25", XNOVU_SHUTDOWN_TIMEOUT_MS: "10000" };
    const first = await rig.start(env);
    await first.ready();
    slowNovu(rig, 600);
    await rig.insert(1_000);
    await until(async () => ((await rig.counts()).SENT ?? 0) > 100);
    const begin = Date.now();
    first.child.kill("SIGTERM");
    await until(async () => (await first.get("/health/ready"))?.code !== 200, 1_000);
    assert.equal(await first.child.exited, { code: 0, signal: null });
    assert.ok(Date.now() - begin < 10_000, `took ${Date.now() - begin} ms`);

    const { SENT = 0, PENDING = 0, ...others } = await rig.counts();
    assert.equal(others, {}, "rows are left in other states");
    assert.ok(SENT > 100 && PENDING > 100, `${SENT} sent, ${PENDING} pending`);
    assert.equal(await attemptsOf(rig), [
      [0, PENDING],
      [1, SENT],
    ]);
    rig.novu.control.clearFaults();
    const second = await rig.start(env);
    await allSentOnce(rig, 1_000);
    assert.equal(await attemptsOf(rig), [[1, 1_000]]);
    await second.child.stop({ signal: "SIGKILL" });
  },
);

faultTest(
  6,
  "copies of the first signal are one signal; a second one ends the worker at once, its rows released",
  async () => {
    const first = await rig.start(fast);
    await first.ready();
    slowNovu(rig, 6_000);
    await rig.insert(100);
    await until(() => rig.novu.control.calls().counts[`POST ${bulk}`] === 1);
    for (let copies = 0; copies < 3; copies++) first.child.kill("SIGTERM");
    await sleep(1_000);
    assert.is(first.child.exit(), undefined, "a copy was taken for a second signal");
    const begin = Date.now();
    first.child.kill("SIGINT");
    assert.equal(await first.child.exited, { code: 1, signal: null });
    assert.ok(Date.now() - begin < 2_500, `took ${Date.now() - begin} ms`);
    assert.equal(await rig.counts(), { PENDING: 100 });
    assert.equal(await attemptsOf(rig), [[0, 100]]);
    rig.novu.control.clearFaults();
    const second = await rig.start(fast);
    await allSentOnce(rig, 100);
    await second.child.stop({ signal: "SIGKILL" });
  },
);

faultTest(7, "SIGTERM while it starts: exit 0, and nothing was claimed", async () => {
  await rig.insert(10);
  const worker = await rig.start();
  await until(() => worker.output().includes("listening on"));
  worker.child.kill("SIGTERM");
  assert.equal(await worker.child.exited, { code: 0, signal: null });
  assert.equal(await rig.counts(), { PENDING: 10 });
  assert.is(rig.novu.control.effects().length, 0);
  const { rows } = await rig.db.query(
    "SELECT FROM notify.timeline WHERE to_status = 'PROCESSING' AND notification_id IN (SELECT id FROM notify.notification)",
  );
  assert.is(rows.length, 0);
});

test("a row whose delivery failed is released by the stop, and the next worker sends it", async () => {
  await rig.db.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON notify.notification FOR EACH ROW WHEN (NEW.status = 'SENT') EXECUTE FUNCTION refuse()`);
  const first = await rig.start({ XNOVU_LEASE_MS: "600000" });
  try {
    await first.ready();
    await rig.insert(1);
    await until(() => first.output().includes("refused by the test"));
    assert.equal(await rig.counts(), { PROCESSING: 1 });
    assert.equal(await first.end(), { code: 0, signal: null });
  } finally {
    await rig.db.query("DROP FUNCTION refuse() CASCADE");
  }
  assert.equal(await rig.counts(), { PENDING: 1 });
  assert.equal(await attemptsOf(rig), [[0, 1]]);
  const second = await rig.start(fast);
  await allSentOnce(rig, 1);
  await second.child.stop({ signal: "SIGKILL" });
});

test("the port is closed before the last spans are sent, also to a client that keeps its connection", async () => {
  const collector = await fakeServer(silence);
  const worker = await rig.start({ ...fast, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  try {
    await worker.ready();
    await rig.insert(1);
    await until(async () => (await rig.counts()).SENT === 1);
    const idle = connect(worker.port, "127.0.0.1");
    idle.on("error", () => undefined);
    let closedAt = 0;
    idle.on("close", () => {
      closedAt = Date.now();
    });
    await once(idle, "connect");
    assert.equal(await worker.end(), { code: 0, signal: null });
    // The collector does not answer, so the worker waits two seconds for it, with everything else closed.
    assert.ok(closedAt > 0 && Date.now() - closedAt > 1_000, `closed ${Date.now() - closedAt} ms before its end`);
  } finally {
    await collector.close();
  }
});

test.run();
