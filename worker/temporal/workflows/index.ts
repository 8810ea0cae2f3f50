import { continueAsNew, isCancellation, proxyActivities, sleep, workflowInfo } from "@temporalio/workflow";
import {
  type ClaimInput,
  type ClaimResult,
  type DeliveryActivities,
  type SessionActivities,
  type SessionInput,
  sessionQueue,
} from "../contract.ts";

const { deliver } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: "30 minutes",
  // A killed worker sends no heartbeat, and the claim goes to another worker.
  heartbeatTimeout: "10 seconds",
  // After these the lease expires: the rescue loop takes the row over, and the attempt counts.
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds", maximumAttempts: 3 },
});

const { recover } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: "1 minute",
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds" },
});

/** Rounds until the workflow continues as new, which bounds its history. */
const roundsPerRun = 100;

/**
 * The session of one worker: an activity on that worker that lasts as long as the worker sends. When its heartbeats stop, another worker ends its
 * leases within seconds. When the worker only lost its connection to Temporal, it gets its session back.
 */
export async function workerSession(input: SessionInput): Promise<void> {
  const { hold } = proxyActivities<SessionActivities>({
    taskQueue: sessionQueue(workflowInfo().taskQueue, input.owner),
    scheduleToStartTimeout: "1 minute",
    startToCloseTimeout: "2 hours",
    heartbeatTimeout: "10 seconds",
    retry: { maximumAttempts: 1 },
  });
  for (let round = 0; round < roundsPerRun; round++) {
    try {
      if ((await hold(input)) === "drained") return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { gone } = await recover(input);
      if (gone) return;
      await sleep("1 second");
    }
  }
  await continueAsNew<typeof workerSession>(input);
}

/** The fan-out workflow: delivers one claim. Postgres retries rows; Temporal retries only the work between claim and outcome. */
export async function deliverClaim(input: ClaimInput): Promise<ClaimResult> {
  return await deliver(input);
}

/** The workflow type of release 0.1, for its running workflows. Remove it in the next release. */
export { workerSession as lane }; // words: allow
