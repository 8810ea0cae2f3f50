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
import { watchServer } from "./watch-server.ts";

/** Milliseconds between two heartbeats of an activity; the server's timeout is 10 s. */
const heartbeatMs = 2_000;

/** Starts the fan-out workflow of a claim. Resolves when Temporal has it. */
export type StartClaim = (claim: string) => Promise<void>;

/** Reports whether the server can be reached. */
export interface ServerObserver {
  /** The workers poll, or the server responds again. `start` works until `onDown`, or until `runTemporalWorkers` ends. */
  readonly onUp: (start: StartClaim) => void;
  /** The server stopped responding. The workers keep trying. */
  readonly onDown: (reason: string) => void;
}

export interface TemporalWorkersOptions {
  readonly settings: TemporalSettings;
  /** Name of this worker process. */
  readonly owner: string;
  readonly session: SessionHost;
  /** Delivers a claim of which only the token is known. `again`: an earlier attempt did not end. `signal` aborts when Temporal moves it to another worker. */
  readonly deliver: (claim: string, again: boolean, signal: AbortSignal) => Promise<SettleResult>;
  readonly recover: (owner: string) => Promise<{ readonly gone: boolean; readonly rows: number }>;
  readonly server: ServerObserver;
  /** Milliseconds that activities may run after the stop before they are cancelled. */
  readonly graceMs: number;
}

/**
 * Connects, runs the Temporal workers of this process until `signal` aborts, then drains them. Rejects when it cannot connect or a worker fails.
 * There are two: one polls the shared task queue (workflows, fan-out claims, recoveries), the other one the queue of this process's session.
 */
export async function runTemporalWorkers(
  options: TemporalWorkersOptions,
  bundle: WorkflowBundleOption,
  signal: AbortSignal,
): Promise<void> {
  const { settings, server } = options;
  const connection = await connect(settings);
  const ended = new AbortController();
  try {
    const [shared, own] = await createWorkers(options, connection, bundle);
    const client = new Client({ connection, namespace: settings.namespace });
    const start = startWith(connection, client, settings);
    // The session ends first: its workflow closes while this process can still run workflow tasks.
    const session = keepSession(options, client, signal).finally(() => {
      for (const worker of [own, shared]) if (worker.getState() === "RUNNING") worker.shutdown();
    });
    const running = Promise.all([shared.run(), own.run(), session]);
    server.onUp(start);
    const watching = watchServer(connection, ended.signal, (reason) =>
      reason === undefined ? server.onUp(start) : server.onDown(reason),
    );
    await running.catch(async (error: unknown) => {
      // One worker failed: the other one stops too, and the component starts both again.
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
  { settings, owner, session, deliver, recover, graceMs }: TemporalWorkersOptions,
  connection: NativeConnection,
  workflowBundle: WorkflowBundleOption,
): Promise<[Worker, Worker]> {
  const common = {
    connection,
    namespace: settings.namespace,
    identity: owner,
    shutdownGraceTime: graceMs,
    // A workflow whose worker died goes to another worker after this time; the default is ten seconds.
    stickyQueueScheduleToStartTimeout: 1_000,
    // A delivery that ignores its cancellation must not keep the process alive.
    shutdownForceTime: graceMs + 2_000,
  };
  const shared = Worker.create({
    ...common,
    taskQueue: settings.taskQueue,
    workflowBundle,
    activities: {
      async deliver({ claim }: ClaimInput) {
        const { cancellationSignal, heartbeat, again } = activity();
        const timer = setInterval(heartbeat, heartbeatMs);
        return await deliver(claim, again, cancellationSignal).finally(() => clearInterval(timer));
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
        const timer = setInterval(heartbeat, heartbeatMs);
        return await session.hold(cancellationSignal).finally(() => clearInterval(timer));
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
      // An earlier request reached the server, but its response was lost: the workflow runs.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
}
