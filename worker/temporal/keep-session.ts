import type { Client } from "@temporalio/client";
import { crashPoint } from "../../core/crash-point.ts";
import type { TemporalSettings } from "./connect.ts";
import { type SessionEnd, type SessionInput, sessionWorkflowId, taskTimeout } from "./contract.ts";

/** This process's worker session: open while Temporal holds it open here. */
export interface SessionHost {
  /** Opens the worker session. Resolves when the worker stops and nothing is under way any more, when the round is over, or when `signal` took the worker session away. */
  hold(signal: AbortSignal): Promise<SessionEnd>;
  isOpen(): boolean;
}

/** Milliseconds between two looks whether the worker session is open, and how long a start of its workflow may take to open it. */
const lookMs = 250;
const patienceMs = 15_000;
/** Milliseconds that the workflow of a worker session that ended may take to close. */
const closingMs = 3_000;

/** Has Temporal keep the worker session of this worker open: starts its workflow whenever there is none. Resolves when `signal` aborted and the worker session has ended. */
export async function keepSession(
  {
    owner,
    session,
    settings,
  }: { readonly owner: string; readonly session: SessionHost; readonly settings: TemporalSettings },
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  const workflowId = sessionWorkflowId(owner);
  let askedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (session.isOpen()) askedAt = Number.NEGATIVE_INFINITY;
    else if (performance.now() - askedAt > patienceMs) {
      askedAt = performance.now();
      const args: [SessionInput] = [{ owner }];
      await client.workflow
        .start("workerSession", {
          ...{ workflowId, taskQueue: settings.taskQueue, args },
          ...{ workflowIdConflictPolicy: "USE_EXISTING", workflowTaskTimeout: taskTimeout },
        })
        .catch(() => {
          // The server is away: the component status says so, and the next look tries again.
          askedAt = Number.NEGATIVE_INFINITY;
        });
      crashPoint("after-session-start");
    }
    await pause(lookMs, signal);
  }
  const closed = client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
  await Promise.race([closed, pause(closingMs, new AbortController().signal)]);
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
