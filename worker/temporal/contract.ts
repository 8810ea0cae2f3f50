// What the workflow and its activity agree on. Types and constants only: workflow code may import nothing from Node.

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

export interface DeliveryActivities {
  deliver(input: ClaimInput): Promise<ClaimResult>;
}

/** The workflow id of a claim: starting it twice is harmless. The view notify.timeline builds the same. */
export const workflowIdOf = (claim: string): string => `xnovu-claim-${claim}`;
