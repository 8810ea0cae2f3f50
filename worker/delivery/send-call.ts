import type { CallReply, DeliveryCall, DeliveryEvent, NovuPort } from "../../core/delivery.ts";
import { callOf, halfOf } from "./plan-calls.ts";

/** How the try of one event ended. */
export type EventEnd =
  | { readonly kind: "sent" }
  | { readonly kind: "rejected"; readonly reason: string }
  | {
      readonly kind: "retry";
      readonly reason: string;
      readonly keepBatch: boolean;
      /** Of a call that was sent in halves: the half's own. */
      readonly batchId?: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "paused"; readonly reason: string; readonly retryAfterMs: number; readonly needsPerson: boolean };

export type Ends = Map<DeliveryEvent, EventEnd>;

/**
 * Sends one call and says how each of its events ended. A call that is refused for its content is halved until the events at fault
 * stand alone: they are rejected, the rest are sent. Each half is a batch of its own (`batchId`), with the key that a repeat of it has.
 */
export async function sendCall(
  novu: NovuPort,
  call: DeliveryCall,
  signal: AbortSignal,
  ends: Ends = new Map(),
  mayCall: () => boolean = () => true,
  batchId?: string,
): Promise<Ends> {
  const reply = await novu.send(call, signal);
  if (reply.kind === "invalid" && call.events.length > 1) {
    const middle = Math.ceil(call.events.length / 2);
    for (const [side, events] of [call.events.slice(0, middle), call.events.slice(middle)].entries()) {
      // Novu takes nothing for now: the rest counts as not tried.
      if (!mayCall() || [...ends.values()].some(({ kind }) => kind === "paused")) break;
      const half = halfOf(call, side);
      await sendCall(novu, callOf(half, events), signal, ends, mayCall, half);
    }
    return ends;
  }
  for (const [index, event] of call.events.entries()) {
    const end = endOf(reply, index);
    ends.set(event, end.kind === "retry" && batchId !== undefined ? { ...end, batchId } : end);
  }
  return ends;
}

/** One for all: a claim holds thousands. */
const sent: EventEnd = Object.freeze({ kind: "sent" });

function endOf(reply: CallReply, index: number): EventEnd {
  switch (reply.kind) {
    case "answered": {
      const outcome = reply.outcomes[index];
      if (outcome === undefined)
        return { kind: "retry", reason: "Novu did not answer for this event", keepBatch: true };
      if (outcome.kind === "accepted") return sent;
      return outcome.kind === "rejected" ? outcome : { ...outcome, keepBatch: false };
    }
    case "invalid":
      return { kind: "rejected", reason: reply.reason };
    case "unknown":
      return { ...reply, kind: "retry", keepBatch: true };
    case "replayed":
      return { kind: "retry", reason: reply.reason, keepBatch: false };
    case "paused":
      return reply;
  }
}
