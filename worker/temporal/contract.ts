// The contract between workflows and activities. Types and constants only: workflow code may not import Node modules.

/** Ids only, never payloads: Temporal's history keeps every input. */
export interface ClaimInput {
  /** Token of the claim. The rows are those that carry it. */
  readonly claim: string;
}

export interface ClaimResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  readonly released: number;
  /** Rows that another worker had taken over before the write. */
  readonly leaseLost: number;
}

export interface SessionInput {
  /** The worker that the session belongs to. */
  readonly owner: string;
}

/** How a round of a worker session ended: the worker stopped, or it is time for a new round. */
export type SessionEnd = "drained" | "round over";

export interface DeliveryActivities {
  /** Delivers a notification of many recipients in a fan-out workflow. */
  deliver(input: ClaimInput): Promise<ClaimResult>;
  /** The worker's heartbeats stopped: ends its leases if it is gone, so that the rescue loop takes over its rows. */
  recover(input: SessionInput): Promise<{ readonly gone: boolean; readonly rows: number }>;
}

/** Activities on the worker's own task queue. */
export interface SessionActivities {
  /** Holds the worker session open: while it runs, the worker claims and sends. */
  hold(input: SessionInput): Promise<SessionEnd>;
}

export { claimWorkflowId, sessionWorkflowId } from "../../core/workflow-ids.ts";
/** The task queue of one worker's session. */
export const sessionQueue = (taskQueue: string, owner: string): string => `${taskQueue}/${owner}`;

/** A workflow task takes milliseconds. One whose worker died goes to another worker after this time. */
export const taskTimeout = "2 seconds";
