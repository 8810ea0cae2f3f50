import type { SendingPausePort, SendingPauseState } from "../../core/delivery.ts";
import { sleep } from "./sleep.ts";

/** Times are ISO 8601. */
export interface ActivePause {
  readonly since?: string;
  readonly until: string;
  readonly reason: string;
  readonly needsPerson: boolean;
}

/** This worker's view of the sending pause. The database decides at each claim; the view spares claims that would find nothing. */
export interface PauseView {
  /** Takes over what the database said. */
  see(state: SendingPauseState): void;
  /** Asks the database. */
  refresh(): Promise<void>;
  /** Undefined while open. */
  closed(): ActivePause | undefined;
  /** The circuit breaker tripped and no call has succeeded since: one call of one worker tries. */
  halfOpen(): boolean;
  /** Neither closed nor half-open. */
  mayCall(): boolean;
  /** Closed, or some worker has the probe: there is nothing to claim. */
  waits(): boolean;
  /** Resolves when there is nothing to wait for, or when `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>;
}

export function createPauseView(
  port: Pick<SendingPausePort, "read">,
  onSeen: (state: SendingPauseState) => void,
  now: () => number = Date.now,
): PauseView {
  let until = 0;
  let probeUntil = 0;
  let last: SendingPauseState | undefined;
  let changed = new AbortController();
  const see = (state: SendingPauseState) => {
    until = now() + Math.max(0, state.pausedMs);
    probeUntil = now() + Math.max(0, state.probeMs);
    last = state;
    onSeen(state);
    changed.abort();
    changed = new AbortController();
  };
  const halfOpen = () => (last?.breakerOpens ?? 0) > 0;
  const msToWait = () => Math.max(until, probeUntil) - now();
  return {
    see,
    halfOpen,
    refresh: async () => see(await port.read()),
    mayCall: () => now() >= until && !halfOpen(),
    waits: () => msToWait() > 0,
    closed: () =>
      last !== undefined && now() < until
        ? {
            ...(last.since === undefined ? {} : { since: last.since }),
            until: new Date(until).toISOString(),
            reason: last.reason ?? "",
            needsPerson: last.needsPerson,
          }
        : undefined,
    async opened(signal) {
      while (!signal.aborted && msToWait() > 0) await sleep(msToWait(), AbortSignal.any([signal, changed.signal]));
    },
  };
}
