import type { CallReply, CallTrace, Claim, DeliveryEvent, Settlement } from "../delivery.ts";
import type { ClaimedNotification } from "../notification.ts";

/** What the worker tells of its work as spans. Absent where traces are off. */
export interface TracingPort {
  /** The delivery of a claim begins. `workflowId`: the Temporal workflow that carries it. */
  claim(claim: Claim, workflowId: string): ClaimTrace;
  /** A notification is given a Temporal workflow of its own. The function returned tells whether Temporal took it. */
  handOver(row: ClaimedNotification, workflowId: string): (started: boolean) => void;
  /** Sends what has ended, for `limitMs` at the most. Never rejects. */
  flush(limitMs: number): Promise<void>;
}

export interface ClaimTrace {
  /** Of the claim's own span. */
  readonly traceId: string;
  /** A call to Novu begins. */
  call(events: readonly DeliveryEvent[]): CallTrace & { end(reply: CallReply["kind"]): void };
  /** The outcome of a notification was written. */
  settled(id: string, to: Settlement["to"]): void;
  /** The delivery ended, well or not. */
  end(): void;
}
