import type { GatePort, GateState } from "../../core/delivery.ts";
import { sleep } from "./sleep.ts";

/** This worker's view of the sending gate. The database decides at each claim; the view spares claims that would find nothing. */
export interface Gate {
  /** Takes over what the database said. */
  see(state: GateState): void;
  /** Asks the database. */
  refresh(): Promise<void>;
  /** Undefined while open. */
  closed(): { readonly until: string; readonly reason: string; readonly needsPerson: boolean } | undefined;
  /** The circuit breaker tripped and no call has succeeded since: try with a single notification. */
  onTrial(): boolean;
  /** Resolves when sending is allowed, or when `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>;
}

export function createGateView(
  port: Pick<GatePort, "read">,
  onSeen: (state: GateState) => void,
  now: () => number = Date.now,
): Gate {
  let until = 0;
  let last: GateState | undefined;
  let changed = new AbortController();
  const see = (state: GateState) => {
    until = now() + Math.max(0, state.closedMs);
    last = state;
    onSeen(state);
    changed.abort();
    changed = new AbortController();
  };
  return {
    see,
    refresh: async () => see(await port.read()),
    closed: () =>
      last !== undefined && now() < until
        ? { until: new Date(until).toISOString(), reason: last.reason ?? "", needsPerson: last.needsPerson }
        : undefined,
    onTrial: () => (last?.trips ?? 0) > 0,
    async opened(signal) {
      while (!signal.aborted && now() < until) await sleep(until - now(), AbortSignal.any([signal, changed.signal]));
    },
  };
}
