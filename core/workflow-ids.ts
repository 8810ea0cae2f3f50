// The view notify.timeline builds the same ids: outbox/timeline.test.ts compares them.

/** Prefix of the ids of fan-out workflows. A row that such a workflow delivers has the id as its `lease_owner`. */
const claimWorkflowPrefix = "xnovu-claim-";
/** The workflow that delivers a notification with many recipients. Starting one twice is harmless. */
export const claimWorkflowId = (claim: string): string => `${claimWorkflowPrefix}${claim}`;
/** The workflow that keeps a worker's session open. */
export const sessionWorkflowId = (owner: string): string => `xnovu-session-${owner}`;
