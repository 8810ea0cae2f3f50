import type { Client } from "@temporalio/client";
import { crashPoint } from "../../core/crash-point.ts";
import { sleep } from "../../core/time.ts";
import type { TemporalSettings } from "./connect.ts";
import { type SessionEnd, type SessionInput, sessionWorkflowId, taskTimeout } from "./contract.ts";

/** The worker session of this process: open while Temporal runs its activity here. */
export interface SessionHost {
  /** Opens the session. Resolves when the worker stops and no delivery is under way, when the round is over, or when `signal` aborts. */
  hold(signal: AbortSignal): Promise<SessionEnd>;
  isOpen(): boolean;
}

/** Milliseconds between two checks whether the session is open. */
const checkMs = 250;
/** Milliseconds after which the workflow is started again if the session is still closed. */
const openTimeoutMs = 15_000;
/** Milliseconds that the workflow may take to close once its session ended. */
const closeTimeoutMs = 3_000;

/** Keeps this worker's session open: starts its workflow whenever the session is closed. Resolves when `signal` aborted and the workflow ended. */
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
  let startedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (session.isOpen()) startedAt = Number.NEGATIVE_INFINITY;
    else if (performance.now() - startedAt > openTimeoutMs) {
      startedAt = performance.now();
      const args: [SessionInput] = [{ owner }];
      await client.workflow
        .start("workerSession", {
          ...{ workflowId, taskQueue: settings.taskQueue, args },
          ...{ workflowIdConflictPolicy: "USE_EXISTING", workflowTaskTimeout: taskTimeout },
        })
        .catch(() => {
          // The server is away, as the component status says. The next check tries again.
          startedAt = Number.NEGATIVE_INFINITY;
        });
      crashPoint("after-session-start");
    }
    await sleep(checkMs, signal);
  }
  const closed = client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
  await Promise.race([closed, sleep(closeTimeoutMs)]);
}
