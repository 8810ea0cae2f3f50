import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Context } from "@temporalio/activity";
import { Client, WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import {
  bundleWorkflowCode,
  DefaultLogger,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { connect, type TemporalSettings } from "./connect.ts";
import { type ClaimInput, type ClaimResult, type DeliveryActivities, workflowIdOf } from "./contract.ts";
import { type DeliverDeps, deliver } from "./deliver.ts";

/** Starts the delivery of a claim: resolves when Temporal has it, `done` when it ended. */
export type StartDelivery = (claim: string) => Promise<{ readonly done: Promise<ClaimResult> }>;

export interface TemporalPartOptions {
  readonly settings: TemporalSettings;
  readonly deps: DeliverDeps;
  readonly log: Logger;
  /** Called when the worker polls, and when the server answers again. The function given is good until `onDown`, or until `run` ends. */
  readonly onUp: (start: StartDelivery) => void;
  /** Called when the server stops answering. The worker goes on trying by itself. */
  readonly onDown: (reason: string) => void;
  /** How long activities may go on after the stop before they are cancelled. */
  readonly graceMs: number;
}

/** Once per process, before anything else of the SDK: the process's own handlers own the signals, and its log takes the SDK's lines. */
export function installRuntime(log: Logger): void {
  const level = { TRACE: "trace", DEBUG: "debug", INFO: "debug", WARN: "warn", ERROR: "error" } as const;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger("WARN", (entry) =>
      log[level[entry.level]]({ ...entry.meta, part: "temporal-sdk" }, entry.message),
    ),
  });
}

/** Compiled ahead for the image; made on the spot (about 2 s) when run from source. */
export async function workflowBundle(log: Logger): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL("./workflow-bundle.js", import.meta.url));
  if (existsSync(codePath)) return { codePath };
  const quiet = new DefaultLogger("ERROR", (entry) => log.error(entry.message));
  return await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("./workflows/index.ts", import.meta.url)),
    logger: quiet,
  });
}

/** Connects, runs a Temporal worker until `signal` aborts, then drains it. Rejects when it cannot connect or the worker fails. */
export async function runTemporal(
  { settings, deps, log, onUp, onDown, graceMs }: TemporalPartOptions,
  bundle: WorkflowBundleOption,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connect(settings);
  try {
    const worker = await Worker.create({
      connection,
      namespace: settings.namespace,
      taskQueue: settings.taskQueue,
      identity: deps.owner,
      workflowBundle: bundle,
      activities: { deliver: (input: ClaimInput) => deliver(deps, input, holdOf()) } satisfies DeliveryActivities,
      maxConcurrentActivityTaskExecutions: settings.maxConcurrentActivities,
      maxConcurrentWorkflowTaskExecutions: settings.maxConcurrentWorkflows,
      shutdownGraceTime: graceMs,
      // A delivery that does not listen to its cancellation must not hold the process for ever.
      shutdownForceTime: graceMs + 2_000,
    });
    const stop = () => worker.getState() === "RUNNING" && worker.shutdown();
    signal.addEventListener("abort", stop, { once: true });
    const running = worker.run();
    if (signal.aborted) stop();
    const start = startWith(connection, settings);
    onUp(start);
    const ended = new AbortController();
    const watching = watchServer(connection, ended.signal, (reason) =>
      reason === undefined ? onUp(start) : onDown(reason),
    );
    await running.finally(() => {
      signal.removeEventListener("abort", stop);
      ended.abort();
    });
    await watching;
  } finally {
    await connection.close().catch((error: unknown) => log.debug({ error }, "closing the Temporal connection failed"));
  }
}

/** The SDK retries in silence while the server is away: asking it is the only way to know. `tell` gets the reason when it goes, nothing when it is back. */
async function watchServer(
  connection: NativeConnection,
  signal: AbortSignal,
  tell: (reason: string | undefined) => void,
): Promise<void> {
  let away = false;
  while (!signal.aborted) {
    await sleep(away ? 500 : 3_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const reason = await connection
      .withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({}))
      .then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
    if (signal.aborted || away === (reason !== undefined)) continue;
    away = reason !== undefined;
    tell(reason);
  }
}

const holdOf = () => {
  const context = Context.current();
  return { signal: context.cancellationSignal, heartbeat: () => context.heartbeat() };
};

function startWith(connection: NativeConnection, { namespace, taskQueue }: TemporalSettings): StartDelivery {
  const client = new Client({ connection, namespace });
  const type = "deliverClaim";
  return async (claim) => {
    const workflowId = workflowIdOf(claim);
    const args: [ClaimInput] = [{ claim }];
    try {
      await connection.withDeadline(Date.now() + 10_000, () =>
        client.workflow.start(type, {
          workflowId,
          taskQueue,
          args,
          workflowIdReusePolicy: "REJECT_DUPLICATE",
          workflowExecutionTimeout: "1 day",
        }),
      );
    } catch (error) {
      // The first try reached the server and its reply was lost: it runs.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    return { done: client.workflow.getHandle<(input: ClaimInput) => Promise<ClaimResult>>(workflowId).result() };
  };
}
