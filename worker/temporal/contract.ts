// What the workflows and their activities agree on. Types and constants only: workflow code may import nothing from Node.

/** Ids, never payloads: Temporal's history keeps what it is given. */
export interface ClaimInput {
  /** Token of the claim. The rows are those that carry it. */
  readonly claim: string;
}

export interface ClaimResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  readonly released: number;
  /** Rows that another worker had taken over by the time of the write. */
  readonly leaseLost: number;
}

export interface SessionInput {
  /** The worker that the worker session belongs to. */
  readonly owner: string;
}

/** How a round of a worker session ended: the worker stops, or it is time for a new round. */
export type SessionEnd = "drained" | "round over";

export interface DeliveryActivities {
  /** A notification of many recipients, in a workflow of its own. */
  deliver(input: ClaimInput): Promise<ClaimResult>;
  /** The worker went silent: ends its leases, so that the next rescue has its rows. */
  recover(input: SessionInput): Promise<{ readonly gone: boolean; readonly rows: number }>;
}

/** Runs on the worker's own task queue. */
export interface SessionActivities {
  /** Holds the worker's worker session open: while it runs, the worker claims and sends. */
  hold(input: SessionInput): Promise<SessionEnd>;
}

/** The workflow ids, as the view notify.timeline builds them. Starting one twice is harmless. */
export const claimWorkflowId = (claim: string): string => `xnovu-claim-${claim}`;
export const sessionWorkflowId = (owner: string): string => `xnovu-session-${owner}`;
/** The task queue of one worker's worker session. */
export const sessionQueue = (taskQueue: string, owner: string): string => `${taskQueue}/${owner}`;

/** A workflow's step takes milliseconds: one that was given to a worker as it died is given to another after this. */
export const taskTimeout = "2 seconds";
