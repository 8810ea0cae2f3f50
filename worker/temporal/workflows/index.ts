import { proxyActivities } from "@temporalio/workflow";
import type { ClaimInput, ClaimResult, DeliveryActivities } from "../contract.ts";

const { deliver } = proxyActivities<DeliveryActivities>({
  startToCloseTimeout: "30 minutes",
  // A worker that was killed is noticed by its missing heartbeat, and the claim goes to another one.
  heartbeatTimeout: "10 seconds",
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds" },
});

/** Delivers the rows of one claim. Retries of rows belong to Postgres; what Temporal retries here is the work between claim and outcome. */
export async function deliverClaim(input: ClaimInput): Promise<ClaimResult> {
  return await deliver(input);
}
