import type { CallReply, CallTrace, Claim, DeliveryEvent, OutcomeKind } from "../delivery.ts";
import type { ClaimedNotification } from "../notification.ts";

/** Records the worker's work as spans. Absent where traces are off. */
export interface TracingPort {
  /** The delivery of a claim starts. `workflowId`: the Temporal workflow that it belongs to. */
  claim(claim: Claim, workflowId: string): ClaimTrace;
  /** A fan-out workflow of a notification starts. Call the returned function with whether Temporal started it. */
  startFanOut(row: ClaimedNotification, workflowId: string): (started: boolean) => void;
  /** Exports the spans that ended, within `limitMs`. Never rejects. */
  flush(limitMs: number): Promise<void>;
}

export interface ClaimTrace {
  /** The trace of the claim's own span. */
  readonly traceId: string;
  /** A request to Novu starts. */
  call(events: readonly DeliveryEvent[]): CallTrace & { end(reply: CallReply["kind"]): void };
  /** The outcome of a notification is written. */
  settled(id: string, outcome: OutcomeKind): void;
  /** The delivery ended, well or not. */
  end(): void;
}
