import type { Client } from "@temporalio/client";
import { crashPoint } from "../../core/crash-point.ts";
import type { TemporalSettings } from "./connect.ts";
import { type LaneEnd, type LaneInput, laneWorkflowId, taskTimeout } from "./contract.ts";

/** This process's lane: open while Temporal holds it open here. */
export interface LaneHost {
  /** Opens the lane. Resolves when the worker stops and nothing is under way any more, when the round is over, or when `signal` took the lane away. */
  hold(signal: AbortSignal): Promise<LaneEnd>;
  isOpen(): boolean;
}

/** Milliseconds between two looks whether the lane is open, and how long a start of its workflow may take to open it. */
const lookMs = 250;
const patienceMs = 15_000;
/** Milliseconds that the workflow of a lane that ended may take to close. */
const closingMs = 3_000;

/** Has Temporal keep the lane of this worker open: starts its workflow whenever there is none. Resolves when `signal` aborted and the lane has ended. */
export async function keepLane(
  { owner, lane, settings }: { readonly owner: string; readonly lane: LaneHost; readonly settings: TemporalSettings },
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  const workflowId = laneWorkflowId(owner);
  let askedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (lane.isOpen()) askedAt = Number.NEGATIVE_INFINITY;
    else if (performance.now() - askedAt > patienceMs) {
      askedAt = performance.now();
      const args: [LaneInput] = [{ owner }];
      await client.workflow
        .start("lane", {
          ...{ workflowId, taskQueue: settings.taskQueue, args },
          ...{ workflowIdConflictPolicy: "USE_EXISTING", workflowTaskTimeout: taskTimeout },
        })
        .catch(() => {
          // The server is away: the board says so, and the next look tries again.
          askedAt = Number.NEGATIVE_INFINITY;
        });
      crashPoint("after-lane-start");
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
