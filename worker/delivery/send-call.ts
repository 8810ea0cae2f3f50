import type { CallReply, DeliveryCall, DeliveryEvent, NovuPort, Outcome } from "../../core/delivery.ts";
import type { DeliveryObserver } from "./observer.ts";
import { callOf, halfOf } from "./plan-calls.ts";

/** The outcome of each event that was sent. An event that was not sent has none. */
export type Outcomes = Map<DeliveryEvent, Outcome>;

export interface SendContext {
  readonly novu: NovuPort;
  readonly signal: AbortSignal;
  /** Checked before each half of a call. */
  readonly mayCall: () => boolean;
  readonly observer: Pick<DeliveryObserver, "request" | "progressed">;
}

/**
 * Sends one call and records the outcome of each of its events. A call that Novu refuses for its content is halved until the bad events are
 * on their own: they are dead, the rest are sent. Each half is a batch of its own (`batchId`), so that a repeat of it has the same key.
 */
export async function sendCall(
  context: SendContext,
  call: DeliveryCall,
  outcomes: Outcomes = new Map(),
  batchId?: string,
): Promise<Outcomes> {
  const reply = await request(context, call);
  if (reply.kind === "invalid" && call.events.length > 1) {
    const middle = Math.ceil(call.events.length / 2);
    for (const [side, events] of [call.events.slice(0, middle), call.events.slice(middle)].entries()) {
      // Novu accepts no call for now: the remaining events stay without an outcome.
      if (!context.mayCall() || [...outcomes.values()].some(({ kind }) => kind === "released")) break;
      const half = halfOf(call, side);
      await sendCall(context, callOf(half, events), outcomes, half);
    }
    return outcomes;
  }
  for (const [index, event] of call.events.entries()) {
    const outcome = outcomeOf(reply, index);
    outcomes.set(event, outcome.kind === "failed" && batchId !== undefined ? { ...outcome, batchId } : outcome);
  }
  return outcomes;
}

async function request({ novu, signal, observer }: SendContext, call: DeliveryCall): Promise<CallReply> {
  const trace = observer.request(call.events);
  let end: CallReply["kind"] = "unknown";
  try {
    const reply = await novu.send(call, signal, trace);
    end = reply.kind;
    return reply;
  } finally {
    trace?.end(end);
    observer.progressed();
  }
}

/** Pure: the outcome of one event of a call. */
function outcomeOf(reply: CallReply, index: number): Outcome {
  switch (reply.kind) {
    case "answered":
      return reply.outcomes[index] ?? { kind: "failed", error: "Novu did not reply for this event", keepBatch: true };
    case "invalid":
      return { kind: "dead", error: reply.reason };
    case "unknown": {
      const { reason, retryAfterMs } = reply;
      const failed = { kind: "failed", error: reason, keepBatch: true } as const;
      return retryAfterMs === undefined ? failed : { ...failed, retryInMs: retryAfterMs };
    }
    case "replayed":
      return { kind: "failed", error: reply.reason, keepBatch: false };
    case "paused": {
      const { reason, retryAfterMs, needsPerson } = reply;
      return { kind: "released", pause: { reason, retryAfterMs, needsPerson } };
    }
  }
}
