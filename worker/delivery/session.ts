import { sleep } from "../../core/time.ts";

/** Milliseconds that one round of the worker session lasts. Its Temporal activity may take twice as long. */
const hour = 60 * 60_000;

export interface SessionOptions {
  /** Aborted when the worker stops. */
  readonly draining: AbortSignal;
  /** Resolves when no delivery is under way. */
  readonly settled: () => Promise<void>;
  readonly onChange: (open: boolean) => void;
  /** Default: one hour. */
  readonly roundMs?: number;
}

export interface WorkerSession {
  isOpen(): boolean;
  /** See SessionHost in worker/temporal/keep-session.ts. */
  hold(signal: AbortSignal): Promise<"drained" | "round over">;
}

/** The worker claims and sends only while Temporal holds its session open. */
export function createSession({ draining, settled, onChange, roundMs = hour }: SessionOptions): WorkerSession {
  // Two at once after a lost heartbeat: the old activity still runs when the new one starts.
  let holders = 0;
  const change = (by: 1 | -1) => {
    holders += by;
    if ((by === 1 && holders === 1) || holders === 0) onChange(holders > 0);
  };
  return {
    isOpen: () => holders > 0,
    async hold(signal) {
      change(1);
      try {
        await sleep(roundMs, draining, signal);
      } finally {
        change(-1);
      }
      if (!draining.aborted) return "round over";
      await settled();
      return "drained";
    },
  };
}
