import type { GatePort, GateState } from "../../core/delivery.ts";
import { sleep } from "./sleep.ts";

/** Times are ISO 8601. */
export interface ClosedGate {
  readonly since?: string;
  readonly until: string;
  readonly reason: string;
  readonly needsPerson: boolean;
}

/** This worker's view of the sending gate. The database decides at each claim; the view spares claims that would find nothing. */
export interface Gate {
  /** Takes over what the database said. */
  see(state: GateState): void;
  /** Asks the database. */
  refresh(): Promise<void>;
  /** Undefined while open. */
  closed(): ClosedGate | undefined;
  /** The circuit breaker tripped and no call has succeeded since: one call of one worker tries. */
  onTrial(): boolean;
  /** Neither closed nor on trial. */
  mayCall(): boolean;
  /** Closed, or some worker has the trial: there is nothing to claim. */
  waits(): boolean;
  /** Resolves when there is nothing to wait for, or when `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>;
}

export function createGateView(
  port: Pick<GatePort, "read">,
  onSeen: (state: GateState) => void,
  now: () => number = Date.now,
): Gate {
  let until = 0;
  let trialUntil = 0;
  let last: GateState | undefined;
  let changed = new AbortController();
  const see = (state: GateState) => {
    until = now() + Math.max(0, state.closedMs);
    trialUntil = now() + Math.max(0, state.trialMs);
    last = state;
    onSeen(state);
    changed.abort();
    changed = new AbortController();
  };
  const onTrial = () => (last?.trips ?? 0) > 0;
  const msToWait = () => Math.max(until, trialUntil) - now();
  return {
    see,
    onTrial,
    refresh: async () => see(await port.read()),
    mayCall: () => now() >= until && !onTrial(),
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
