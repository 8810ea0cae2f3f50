import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import { DeterminismViolationError } from "@temporalio/workflow";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sessionQueue, sessionWorkflowId } from "../worker/temporal/contract.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";

// Workflows outlive a deployment: this version must be able to continue what an older one started. The histories are of real runs, recorded by
// `node --import tsx scripts/dev/record-histories.ts`; lane-*.json are of release 0.1 (words: allow).
const folder = new URL("histories/", import.meta.url);
const histories = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({
    workflowId: file.replace(".json", ""),
    history: JSON.parse(readFileSync(new URL(file, folder), "utf8")) as object,
  }));

const oldNames = ["lane-drained", "lane-lost-touch", "lane-silent"]; // words: allow
const sessionNames = ["session-disconnected", "session-drained", "session-killed"];
const names = ["deliver-claim", "deliver-failed", ...oldNames, ...sessionNames];

let bundle: WorkflowBundleOption;
let temporal: TestTemporal;

test.before(async () => {
  const logger = new DefaultLogger("ERROR", () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { filter: "off", forward: {} } } });
  temporal = await testTemporal();
  bundle = await bundleOf("../worker/temporal/workflows/index.ts");
});
test.after(() => temporal.close());

const bundleOf = (path: string) =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(path, import.meta.url)),
    logger: new DefaultLogger("ERROR", () => undefined),
  });

type Recorded = { readonly workflowId: string; readonly history: object };

/** The error of each history's replay, by its name; undefined where it replays. */
async function replayed(workflowBundle: WorkflowBundleOption, recorded: readonly Recorded[]) {
  const errors: Record<string, unknown> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, recorded))
    errors[workflowId] = error;
  return errors;
}

test("the workflows replay every recorded history, those of release 0.1 too", async () => {
  assert.equal(
    histories.map(({ workflowId }) => workflowId),
    names,
  );
  assert.equal(await replayed(bundle, histories), Object.fromEntries(names.map((name) => [name, undefined])));
});

test("the recorded histories contain their case, and nothing of a notification", () => {
  const textOf = (name: string) => JSON.stringify(histories.find(({ workflowId }) => workflowId === name)?.history);
  const has = (name: string, parts: readonly string[]) => {
    for (const part of parts) assert.match(textOf(name), part, name);
  };
  for (const name of ["session-killed", "lane-silent"]) // words: allow
    has(name, ["TIMEOUT_TYPE_HEARTBEAT", '"recover"', "WORKFLOW_EXECUTION_COMPLETED"]);
  // It was not gone: a timer, and another round.
  for (const name of ["session-disconnected", "lane-lost-touch"]) // words: allow
    has(name, ["TIMEOUT_TYPE_HEARTBEAT", '"recover"', "TIMER_FIRED", "WORKFLOW_EXECUTION_COMPLETED"]);
  has("deliver-failed", ["ACTIVITY_TASK_FAILED", "MAXIMUM_ATTEMPTS_REACHED", "WORKFLOW_EXECUTION_FAILED"]);
  for (const { workflowId } of histories) {
    const payloads = [...textOf(workflowId).matchAll(/"data":"([^"]*)"/g)].map(([, data = ""]) =>
      Buffer.from(data, "base64").toString(),
    );
    assert.ok(payloads.length > 0);
    for (const payload of payloads) assert.not.match(payload, /subscriber|Ada|recipients/);
  }
});

test("a change of the order of steps is detected: such a workflow replays none of them", async () => {
  const errors = await replayed(await bundleOf("histories/changed.fixture.ts"), histories);
  assert.is(Object.keys(errors).length, histories.length);
  for (const [name, error] of Object.entries(errors)) assert.instance(error, DeterminismViolationError, name);
});

test("a session of many rounds continues as new, and that replays as well", async () => {
  const [taskQueue, owner] = [`replay-${process.pid}`, "worker-1"];
  const connection = await NativeConnection.connect({ address: temporal.address });
  const own = await Connection.connect({ address: temporal.address });
  const { namespace } = temporal;
  let rounds = 0;
  const hold = async () => (++rounds < 130 ? "round over" : "drained");
  const workers = await Promise.all([
    Worker.create({ connection, namespace, taskQueue, workflowBundle: bundle }),
    Worker.create({ connection, namespace, taskQueue: sessionQueue(taskQueue, owner), activities: { hold } }),
  ]);
  try {
    const { workflow } = new Client({ connection: own, namespace });
    const workflowId = `${sessionWorkflowId(owner)}-${taskQueue}`;
    const handle = await workflow.start("workerSession", { workflowId, taskQueue, args: [{ owner }] });
    const running = workers.map((worker) => worker.run());
    await handle.result();
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    assert.is(rounds, 130);
    const first = workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
    const { status, historyLength } = await first.describe();
    assert.is(status.name, "CONTINUED_AS_NEW");
    assert.ok(historyLength < 2_000, `${historyLength} events`);
    const recorded = [{ workflowId: "long", history: await first.fetchHistory() }];
    assert.equal(await replayed(bundle, recorded), { long: undefined });
  } finally {
    await own.close();
    await connection.close();
  }
});

test.run();
