import type { CallReply, CallTrace, DeliveryEvent, Outcome, Settlement, SettleResult } from "../../core/delivery.ts";

/** One request to Novu, as traces see it. */
export interface RequestTrace extends CallTrace {
  end(reply: CallReply["kind"]): void;
}

/** Observes the delivery of one claim, from the first request to the last write. The delivery itself knows no metric, log line or span. */
export interface DeliveryObserver {
  /** A request to Novu starts. What is returned gives the request its trace context. */
  request(events: readonly DeliveryEvent[]): RequestTrace | undefined;
  /** Novu replied, or a write ended, well or not: the delivery makes progress. */
  progressed(): void;
  /** A planned call ended, the requests of its halves included. The delivery waits for this before it writes the outcomes. */
  called(outcome: Outcome, ms: number, events: number): Promise<void> | void;
  /** These outcomes are written. Not called for a write that found some rows taken over, since it does not tell which. */
  written(settlements: readonly Settlement[]): void;
  /** Every outcome of the claim is written. Not called for a claim without rows. */
  settled(result: SettleResult): void;
}
