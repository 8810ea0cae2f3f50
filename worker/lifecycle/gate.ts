import { sleep } from "./sleep.ts";

/** Whether sending is allowed now. Closed for a while when Novu says 429, 401 or 403: claiming then would only spend attempts. */
export interface Gate {
  close(ms: number, reason: string, needsPerson: boolean): void;
  /** Undefined while open. */
  closed(): { readonly until: string; readonly reason: string; readonly needsPerson: boolean } | undefined;
  /** Resolves when sending is allowed, or when `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>;
}

export function createGate(now: () => number = Date.now): Gate {
  let until = 0;
  let why = { reason: "", needsPerson: false };
  return {
    close(ms, reason, needsPerson) {
      until = Math.max(until, now() + ms);
      why = { reason, needsPerson };
    },
    closed: () => (now() < until ? { until: new Date(until).toISOString(), ...why } : undefined),
    async opened(signal) {
      while (!signal.aborted && now() < until) await sleep(until - now(), signal);
    },
  };
}
