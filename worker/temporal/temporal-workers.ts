import { Context } from "@temporalio/activity";
import { Client, WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import { type NativeConnection, Worker, type WorkflowBundleOption } from "@temporalio/worker";
import type { SettleResult } from "../../core/delivery.ts";
import { connect, type TemporalSettings } from "./connect.ts";
import {
  type ClaimInput,
  claimWorkflowId,
  type DeliveryActivities,
  type SessionActivities,
  type SessionInput,
  sessionQueue,
  taskTimeout,
} from "./contract.ts";
import { keepSession, type SessionHost } from "./keep-session.ts";
import { watchServer } from "./watch.ts";

/** Starts a workflow for a claim by itself. Resolves when Temporal has it. */
export type StartClaim = (claim: string) => Promise<void>;

export interface TemporalPartOptions {
  readonly settings: TemporalSettings;
  /** Name of this worker process. */
  readonly owner: string;
  readonly session: SessionHost;
  /** Delivers a claim of which only the token is known. `again`: an earlier try did not end. `signal` aborts when Temporal gave it to another worker. */
  readonly deliver: (claim: string, again: boolean, signal: AbortSignal) => Promise<SettleResult>;
  readonly recover: (owner: string) => Promise<{ readonly gone: boolean; readonly rows: number }>;
  /** Called when the worker polls, and when the server answers again. The function given is good until `onDown`, or until `run` ends. */
  readonly onUp: (start: StartClaim) => void;
  /** Called when the server stops answering. The worker goes on trying by itself. */
  readonly onDown: (reason: string) => void;
  /** How long activities may go on after the stop before they are cancelled. */
  readonly graceMs: number;
}

/**
 * Connects, runs the Temporal workers of this process until `signal` aborts, then drains them. Rejects when it cannot connect or a worker fails.
 * There are two: one polls the task queue that all share (workflows, claims by themselves, recoveries), one the queue of this process's worker session.
 */
export async function runTemporal(
  options: TemporalPartOptions,
  bundle: WorkflowBundleOption,
  signal: AbortSignal,
): Promise<void> {
  const { settings, onUp, onDown } = options;
  const connection = await connect(settings);
  const ended = new AbortController();
  try {
    const [shared, own] = await createWorkers(options, connection, bundle);
    const client = new Client({ connection, namespace: settings.namespace });
    const start = startWith(connection, client, settings);
    // The worker session ends first: its workflow closes while this process can still run it.
    const session = keepSession(options, client, signal).finally(() => {
      for (const worker of [own, shared]) if (worker.getState() === "RUNNING") worker.shutdown();
    });
    const running = Promise.all([shared.run(), own.run(), session]);
    onUp(start);
    const watching = watchServer(connection, ended.signal, (reason) =>
      reason === undefined ? onUp(start) : onDown(reason),
    );
    await running.catch(async (error: unknown) => {
      // One failed: the other ends too, so that a new try starts from nothing.
      for (const worker of [own, shared]) if (worker.getState() === "RUNNING") worker.shutdown();
      throw error;
    });
    ended.abort();
    await watching;
  } finally {
    ended.abort();
    await connection.close().catch(() => undefined);
  }
}

function createWorkers(
  { settings, owner, session, deliver, recover, graceMs }: TemporalPartOptions,
  connection: NativeConnection,
  workflowBundle: WorkflowBundleOption,
): Promise<[Worker, Worker]> {
  const common = {
    connection,
    namespace: settings.namespace,
    identity: owner,
    shutdownGraceTime: graceMs,
    // A workflow whose worker died goes to another one after this, not after ten seconds.
    stickyQueueScheduleToStartTimeout: 1_000,
    // A delivery that does not listen to its cancellation must not hold the process for ever.
    shutdownForceTime: graceMs + 2_000,
  };
  const shared = Worker.create({
    ...common,
    taskQueue: settings.taskQueue,
    workflowBundle,
    activities: {
      async deliver({ claim }: ClaimInput) {
        const { cancellationSignal, heartbeat, again } = activity();
        const beat = setInterval(heartbeat, 2_000);
        return await deliver(claim, again, cancellationSignal).finally(() => clearInterval(beat));
      },
      recover: (input: SessionInput) => recover(input.owner),
    } satisfies DeliveryActivities,
    maxConcurrentActivityTaskExecutions: settings.maxConcurrentActivities,
    maxConcurrentWorkflowTaskExecutions: settings.maxConcurrentWorkflows,
  });
  const own = Worker.create({
    ...common,
    taskQueue: sessionQueue(settings.taskQueue, owner),
    activities: {
      async hold() {
        const { cancellationSignal, heartbeat } = activity();
        const beat = setInterval(heartbeat, 2_000);
        return await session.hold(cancellationSignal).finally(() => clearInterval(beat));
      },
    } satisfies SessionActivities,
    maxConcurrentActivityTaskExecutions: 1,
  });
  return Promise.all([shared, own]);
}

const activity = () => {
  const context = Context.current();
  const { cancellationSignal, info } = context;
  return { cancellationSignal, heartbeat: () => context.heartbeat(), again: info.attempt > 1 };
};

function startWith(connection: NativeConnection, client: Client, { taskQueue }: TemporalSettings): StartClaim {
  return async (claim) => {
    const args: [ClaimInput] = [{ claim }];
    try {
      await connection.withDeadline(Date.now() + 10_000, () =>
        client.workflow.start("deliverClaim", {
          workflowId: claimWorkflowId(claim),
          taskQueue,
          args,
          workflowIdReusePolicy: "REJECT_DUPLICATE",
          workflowExecutionTimeout: "1 day",
          workflowTaskTimeout: taskTimeout,
        }),
      );
    } catch (error) {
      // The first try reached the server and its reply was lost: it runs.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
}
