import { test } from "uvu";
import * as assert from "uvu/assert";
import { until, type WorkerRig } from "./support/worker.ts";
import { bulk, openRig, sending } from "./support/worker-suite.ts";

// A notification for more than 500 recipients gets a Temporal workflow of its own.
let rig: WorkerRig;
const recipients = JSON.stringify(Array.from({ length: 1_250 }, (_, i) => `m${i}`));

openRig(
  (opened) => {
    rig = opened.rig;
  },
  { emptyBefore: true },
);

const one = async (id: string | undefined) => {
  const { rows } = await rig.db.query<{ status: string; sent: number; workflows: string[]; sent_at: Date | null }>(
    `SELECT status, sent_at, (SELECT count(*)::int FROM notify.recipient_outcome r WHERE r.notification_id = n.id AND r.status = 'SENT') AS sent,
       ARRAY(SELECT DISTINCT temporal_workflow_id FROM notify.timeline t WHERE t.notification_id = n.id AND to_status = 'SENT') AS workflows
     FROM notify.notification n WHERE id = $1`,
    [id],
  );
  return rows[0];
};
const accepted = () => rig.novu.control.effects().map(({ accepted: count }) => count);

test("it does not hold up what comes after it, and its timeline names its workflow", async () => {
  const worker = await rig.start();
  await worker.ready();
  rig.novu.control.addFault({ match: { path: sending }, delayMs: 150, times: 1_000 });
  const [large] = await rig.insert(1, { recipients });
  await until(() => rig.novu.control.calls().counts[`POST ${bulk}`] === 1);
  const [small] = await rig.insert(1);
  await until(async () => (await one(large))?.status === "SENT", 30_000);
  const [first, second] = [await one(large), await one(small)];
  assert.is(first?.sent, 1_250);
  assert.match(first?.workflows.join() ?? "", /^xnovu-claim-[0-9a-f-]{36}$/);
  assert.match(second?.workflows.join() ?? "", /^xnovu-session-/);
  assert.ok((second?.sent_at ?? 0) < (first?.sent_at ?? 0));
  assert.equal(new Set(accepted()), new Set([1]));
  assert.is(accepted().length, 1_251);
  assert.equal(await worker.end(), { code: 0, signal: null });
});

test("killed in the middle of it: the next worker goes on where it was, and nobody gets it twice", async () => {
  const first = await rig.start();
  await first.ready();
  rig.novu.control.addFault({ match: { path: sending }, delayMs: 150, times: 1_000 });
  const [large] = await rig.insert(1, { recipients });
  await until(async () => ((await one(large))?.sent ?? 0) >= 500, 30_000);
  first.child.kill("SIGKILL");
  await first.child.exited;
  const before = (await one(large))?.sent ?? 0;
  const calls = rig.novu.control.calls().counts[`POST ${bulk}`] ?? 0;
  const second = await rig.start();
  await until(async () => (await one(large))?.status === "SENT", 60_000);
  assert.is((await one(large))?.sent, 1_250);
  const again = (rig.novu.control.calls().counts[`POST ${bulk}`] ?? 0) - calls;
  assert.is(again, Math.ceil((1_250 - before) / 100), "calls whose recipients were settled are not made again");
  assert.equal(new Set(accepted()), new Set([1]));
  assert.is(accepted().length, 1_250);
  await second.end();
});

test("SIGTERM in the middle of it: the call under way ends, its recipients are settled, and the attempt is not spent", async () => {
  const first = await rig.start();
  await first.ready();
  // Longer than the stop gives the worker's own session before it cancels what is left.
  rig.novu.control.addFault({ match: { path: sending }, delayMs: 4_000, times: 1 });
  const [large] = await rig.insert(1, { recipients });
  await until(() => rig.novu.control.calls().counts[`POST ${bulk}`] === 1);
  assert.equal(await first.end(), { code: 0, signal: null });
  const { rows } = await rig.db.query("SELECT status, attempts FROM notify.notification");
  assert.equal(rows, [{ status: "PENDING", attempts: 0 }]);
  assert.is((await one(large))?.sent, 100);
  const second = await rig.start();
  await until(async () => (await one(large))?.status === "SENT", 60_000);
  assert.equal(new Set(accepted()), new Set([1]));
  await second.end();
});

test.run();
