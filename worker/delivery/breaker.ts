import type { Outcome, SendingPausePort, SendingPauseState } from "../../core/delivery.ts";

/** Calls in a row without a reply that open the breaker. */
const threshold = 5;
/** Milliseconds: the first pause, which doubles each time the breaker opens, and the longest one. Retry-After may ask for more. */
const pause = { baseMs: 1_000, maxMs: 60_000 };

export interface BreakerOptions {
  readonly port: Pick<SendingPausePort, "pause" | "openBreaker" | "closeBreaker">;
  /** The breaker opened, in this worker or another one, and no call has succeeded since. */
  readonly isOpen: () => boolean;
  /** This worker opens the breaker. */
  readonly onOpen: () => void;
  /** The state of the sending pause after a write of this breaker. */
  readonly onChange: (state: SendingPauseState) => void;
}

export interface Breaker {
  /** Counts the outcome of a call. Rejects when the sending pause cannot be written. */
  called(outcome: Outcome): Promise<void>;
}

/**
 * The circuit breaker of one worker. Its state is the sending pause that all workers share: calls in a row without a reply open it, which pauses
 * sending. After the pause it is half-open and one call probes Novu (see `SendingPauseState.breakerOpens`). A call that succeeds closes it.
 */
export function createBreaker({ port, isOpen, onOpen, onChange }: BreakerOptions): Breaker {
  let failures = 0;
  /** The longest Retry-After of these failures, in ms. */
  let retryAfterMs = 0;
  return {
    async called(outcome) {
      if (outcome.kind === "released") {
        if (outcome.pause === undefined) return;
        const { retryAfterMs: ms, reason, needsPerson } = outcome.pause;
        return onChange(await port.pause(ms, reason, needsPerson));
      }
      // An error replayed from the idempotency cache is an old one: it does not say how Novu is now.
      if (outcome.kind === "failed" && !outcome.keepBatch) return;
      if (outcome.kind !== "failed") {
        failures = retryAfterMs = 0;
        if (isOpen()) onChange(await port.closeBreaker());
        return;
      }
      failures++;
      retryAfterMs = Math.max(retryAfterMs, outcome.retryInMs ?? 0);
      // Half-open, one failed call opens it again.
      if (failures < threshold && !isOpen()) return;
      const leastMs = retryAfterMs;
      failures = retryAfterMs = 0;
      onOpen();
      onChange(await port.openBreaker(`Novu does not reply: ${outcome.error}`, { ...pause, leastMs }));
    },
  };
}
