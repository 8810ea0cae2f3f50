import type { SendingPausePort, SendingPauseState } from "../../core/delivery.ts";

/** Times are ISO 8601. */
export interface ActivePause {
  readonly since?: string;
  readonly until: string;
  readonly reason: string;
  readonly needsPerson: boolean;
}

export type BreakerState = "closed" | "open" | "half_open";

/** This worker's view of the sending pause. The database decides at each claim; the view avoids claims that would find nothing. */
export interface PauseView {
  /** Takes over a state that the database returned. */
  update(state: SendingPauseState): void;
  /** Reads the state from the database. */
  refresh(): Promise<void>;
  /** Undefined while sending is not paused. */
  current(): ActivePause | undefined;
  /** `open` while sending is paused, `half_open` after the pause, until a call succeeds. */
  breakerState(): BreakerState;
  /** The breaker opened and no call has succeeded since: only a probe may be sent. */
  mustProbe(): boolean;
  /** Sending is not paused and the breaker is closed. */
  mayCall(): boolean;
  /** Milliseconds until a claim may find rows: until the pause and the probe of another worker end. 0 or less: now. */
  msUntilClaim(): number;
}

/** `onUpdate` is called after each update. */
export function createPauseView(
  port: Pick<SendingPausePort, "read">,
  onUpdate: () => void = () => undefined,
  now: () => number = Date.now,
): PauseView {
  // The process's own clock: it may differ from the database's, which only says how long.
  let until = 0;
  let probeUntil = 0;
  let last: SendingPauseState | undefined;
  const update = (state: SendingPauseState) => {
    until = now() + Math.max(0, state.pausedMs);
    probeUntil = now() + Math.max(0, state.probeMs);
    last = state;
    onUpdate();
  };
  const isPaused = () => now() < until;
  const mustProbe = () => (last?.breakerOpens ?? 0) > 0;
  return {
    update,
    mustProbe,
    refresh: async () => update(await port.read()),
    mayCall: () => !isPaused() && !mustProbe(),
    msUntilClaim: () => Math.max(until, probeUntil) - now(),
    breakerState: () => (mustProbe() ? (isPaused() ? "open" : "half_open") : "closed"),
    current: () =>
      last !== undefined && isPaused()
        ? {
            ...(last.since === undefined ? {} : { since: last.since }),
            until: new Date(until).toISOString(),
            reason: last.reason ?? "",
            needsPerson: last.needsPerson,
          }
        : undefined,
  };
}
