// Records test/histories/*.json: Temporal's histories of workers that were killed, lost their connection for a while, or were stopped, and of fan-out
// claims that were delivered or failed. test/worker-replay.test.ts replays them. `node --import tsx scripts/dev/record-histories.ts session-killed`
// writes one history; without names it writes all. That drops the older ones, so do it only when none of their workflows can still run. Then run
// `biome check --write test/histories`.
// lane-*.json are histories of the workflow type of release 0.1 (words: allow). They stay as long as worker/temporal/workflows exports that type.
import { writeFileSync } from "node:fs";
import { Client, Connection } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { freePort } from "../../local/ports.ts";
import { testDatabase } from "../../test/support/database.ts";
import { testTemporal } from "../../test/support/temporal.ts";
import { type RunningWorker, root, until, workerRig } from "../../test/support/worker.ts";

const database = await testDatabase();
const temporal = await testTemporal();
const rig = await workerRig(database.url, temporal.address);
const connection = await Connection.connect({ address: temporal.address });
const { workflow } = new Client({ connection, namespace: temporal.namespace });

const wanted = process.argv.slice(2);
const ownerOf = async (worker: RunningWorker) => String((await worker.get("/status"))?.body.owner);

/** Replaces the names of this machine's processes in a history, also inside payloads. */
function anonymous(text: string, names: ReadonlyMap<string, string>): string {
  const rename = (from: string) =>
    [...names].reduce((now, [name, by]) => now.replaceAll(name, by), from).replace(/"\d+@[^"]*"/g, '"client"');
  return rename(text).replace(/"data": "([A-Za-z0-9+/=]+)"/g, (_, data: string) => {
    const renamed = rename(Buffer.from(data, "base64").toString());
    return `"data": "${Buffer.from(renamed).toString("base64")}"`;
  });
}

try {
  const killed = await rig.start();
  await killed.ready();
  const first = await ownerOf(killed);
  await rig.insert(1, { recipients: JSON.stringify(Array.from({ length: 501 }, (_, n) => `s${n}`)) });
  await until(async () => (await rig.counts()).SENT === 1);
  const { rows } = await rig.db.query<{ id: string }>(
    "SELECT DISTINCT temporal_workflow_id AS id FROM notify.timeline WHERE temporal_workflow_id LIKE 'xnovu-claim-%'",
  );
  const claim = rows[0]?.id ?? "";
  await workflow.getHandle(claim).result();
  const stopped = await rig.start({ WORKER_HEALTH_PORT: String(await freePort()) });
  await stopped.ready();
  killed.child.kill("SIGKILL");
  // The heartbeat timeout is ten seconds; then the other worker ends its leases.
  await until(
    () => stopped.output().includes("its leases are ended"),
    60_000,
    () => stopped.output(),
  );
  const second = /"owner":"([^"]+)"/.exec(stopped.output())?.[1] ?? "";
  const paused = await rig.start({ WORKER_HEALTH_PORT: String(await freePort()) });
  await paused.ready();
  const third = await ownerOf(paused);
  // It keeps its connections, so it is not gone and gets its session back.
  paused.child.kill("SIGSTOP");
  await until(
    () => stopped.output().includes("a worker lost its connection to Temporal"),
    60_000,
    () => stopped.output(),
  );
  paused.child.kill("SIGCONT");
  await until(async () => (await paused.get("/health"))?.body.checks?.temporal?.session === "open", 60_000);
  // Not a token, so that Postgres rejects it each time.
  const failing = { workflowId: "xnovu-claim-failed", taskQueue: rig.env.TEMPORAL_TASK_QUEUE ?? "" };
  await workflow.start("deliverClaim", { ...failing, args: [{ claim: "not-a-token" }] });
  await workflow
    .getHandle(failing.workflowId)
    .result()
    .catch(() => undefined);
  await paused.end();
  await stopped.end();

  const names = new Map([
    [first, "worker-1"],
    [second, "worker-2"],
    [third, "worker-3"],
    [root, ""],
    [rig.env.TEMPORAL_TASK_QUEUE ?? "", "queue"],
  ]);
  for (const [name, id] of [
    ["session-killed", `xnovu-session-${first}`],
    ["session-drained", `xnovu-session-${second}`],
    ["session-disconnected", `xnovu-session-${third}`],
    ["deliver-claim", claim],
    ["deliver-failed", failing.workflowId],
  ] as const) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const handle = workflow.getHandle(id);
    await handle.result().catch(() => undefined);
    const text = anonymous(historyToJSON(await handle.fetchHistory()), names);
    writeFileSync(new URL(`../../test/histories/${name}.json`, import.meta.url), `${text}\n`);
  }
} finally {
  await connection.close();
  await rig.close();
  await database.close();
  await temporal.close();
}
