// time limit: 180 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TestDatabase, testDatabase } from "./support/database.ts";
import { quick, sendingPaths } from "./support/fault-lab.ts";
import { metric } from "./support/metric.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { novuKey, type RunningWorker, until, type WorkerRig, workerRig } from "./support/worker.ts";

// Deliveries that fail in every way, with the most verbose log: what it contains, and what it must not contain.
const person = { subscriberId: "ada-77", email: "ada.lovelace@example.com", phone: "+4915112345678" };
const content = { name: "Grandmother's surgery went well" };
const echo = { message: `cannot send ${JSON.stringify(content)} to ${person.email} (${person.phone})`, ...person };

let database: TestDatabase;
let temporal: TestTemporal;
let rig: WorkerRig;
let worker: RunningWorker;

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  rig = await workerRig(database.url, temporal.address);
  worker = await rig.start({ ...quick, XNOVU_LOG_LEVEL: "trace" });
  await worker.ready();
});
test.after(async () => {
  await rig.close();
  await Promise.all([database.close(), temporal.close()]);
});

const insert = async (more: Record<string, unknown> = {}) =>
  (await rig.insert(1, { recipients: JSON.stringify([person]), payload: JSON.stringify(content), ...more }))[0] ?? "";
const ended = (status: string) => until(async () => ((await rig.counts())[status] ?? 0) > 0);
const lines = (): Record<string, unknown>[] =>
  worker
    .output()
    .split("\n")
    .flatMap((line) => {
      const json = line.slice(line.indexOf("{"));
      return json.startsWith('{"level"') ? [JSON.parse(json)] : [];
    });
const fail = (status: number, times = 1) =>
  rig.novu.control.addFault({ match: { path: sendingPaths }, status, times, body: echo });

test("a dead letter's line names its claim, the Temporal workflow and the notification", async () => {
  fail(400);
  const id = await insert();
  await ended("DEAD");
  const line = await until(() => lines().find(({ deadIds }) => (deadIds as string[] | undefined)?.includes(id)));
  assert.equal([line.level, line.dead, line.notifications], [40, 1, [id]]);
  assert.match(String(line.workflowId), /^xnovu-session-/);
  assert.match(String(line.claim), /^[0-9a-f-]{36}$/);
});

test("failures, an open circuit and a refused key are logged by Novu's status alone", async () => {
  fail(500, 6);
  await insert();
  await until(async () => (await metric(worker, "xnovu_breaker_opened_total")) > 0);
  await ended("SENT");
  fail(401);
  await insert();
  const paused = await until(() => lines().find(({ msg }) => msg === "sending is paused until an operator acts"));
  assert.is(paused.reason, "Novu answered 401");
  assert.ok(lines().some(({ reason }) => reason === "Novu does not reply: Novu answered 500"));
});

test("no recipient, content or secret is in any line", () => {
  const output = worker.output();
  for (const hidden of [person.email, person.phone, person.subscriberId, "Grandmother", "surgery", novuKey])
    assert.not.ok(output.includes(hidden), `the log holds ${hidden}`);
  // The test would pass as well if nothing had been said.
  assert.ok(lines().length > 10);
});

test.run();
