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
  // A worker that was killed is noticed by its missing heartbeat, and the claim goes to another one.
  heartbeatTimeout: "10 seconds",
  // After these the lease decides: the row is taken over, and the attempt counts.
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds", maximumAttempts: 3 },
});

const { recover } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: "1 minute",
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds" },
});

/** Rounds until the history starts over. */
const roundsPerRun = 100;

/**
 * One worker's worker session: an activity on that worker which lasts as long as the worker sends. When it goes silent, another worker ends its leases within
 * seconds; when it only lost touch with Temporal, it gets its worker session back.
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

/** Delivers one claim by itself. Retries of rows belong to Postgres; what Temporal retries here is the work between claim and outcome. */
export async function deliverClaim(input: ClaimInput): Promise<ClaimResult> {
  return await deliver(input);
}

/** The workflow type that workers of release 0.1 started: their sessions end on this release. Remove it with the release after. */
export { workerSession as lane };
