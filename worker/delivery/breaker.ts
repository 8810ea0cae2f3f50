import type { SendingPausePort, SendingPauseState } from "../../core/delivery.ts";
import type { EventEnd } from "./send-call.ts";

/** Calls in a row without an answer that trip the breaker. */
const threshold = 5;
/** Milliseconds: the first pause, and the longest one; it doubles from trip to trip. Retry-After may ask for more. */
const pause = { baseMs: 1_000, maxMs: 60_000 };

/**
 * The circuit breaker of one worker over the sending pause that all share. Calls without an answer in a row close the sending pause; after the pause one call
 * tries (see `SendingPauseState.breakerOpens`), and its success starts the count over for everybody.
 */
export function createBreaker(sendingPause: SendingPausePort, onChange: (state: SendingPauseState) => void) {
  let failures = 0;
  let breakerOpens = 0;
  /** The longest wait that an answer of these failures asked for, in ms. */
  let askedMs = 0;
  return {
    /** What the shared sending pause says of the trips so far. */
    seen(state: SendingPauseState): void {
      breakerOpens = state.breakerOpens;
    },
    async ended(end: EventEnd): Promise<void> {
      if (end.kind === "paused")
        return onChange(await sendingPause.pause(end.retryAfterMs, end.reason, end.needsPerson));
      // An error replayed from the idempotency cache is of an earlier moment: it says nothing of how Novu is now, neither well nor ill.
      if (end.kind === "retry" && !end.keepBatch) return;
      if (end.kind !== "retry") {
        failures = askedMs = 0;
        if (breakerOpens > 0) onChange(await sendingPause.closeBreaker());
        return;
      }
      failures++;
      askedMs = Math.max(askedMs, end.retryAfterMs ?? 0);
      // After a trip the first call that fails again is enough.
      if (failures < threshold && breakerOpens === 0) return;
      const leastMs = askedMs;
      failures = askedMs = 0;
      onChange(await sendingPause.openBreaker(`Novu does not answer: ${end.reason}`, { ...pause, leastMs }));
    },
  };
}
