/** Milliseconds that one round of the worker session lasts; its Temporal activity may take twice that. */
const hour = 60 * 60_000;

export interface SessionOptions {
  /** Aborted when the worker stops. */
  readonly draining: AbortSignal;
  /** Resolves when nothing is under way any more. */
  readonly settled: () => Promise<void>;
  readonly onChange: (open: boolean) => void;
  /** An hour when absent. */
  readonly roundMs?: number;
}

/** Whether this process may claim and send: while Temporal holds its worker session open here. */
export function createSession({ draining, settled, onChange, roundMs = hour }: SessionOptions) {
  let holders = 0;
  const change = (by: 1 | -1) => {
    holders += by;
    if ((by === 1 && holders === 1) || holders === 0) onChange(holders > 0);
  };
  return {
    isOpen: () => holders > 0,
    /** See SessionHost of the Temporal room. */
    async hold(signal: AbortSignal): Promise<"drained" | "round over"> {
      change(1);
      try {
        await firstOf([draining, signal], roundMs);
      } finally {
        change(-1);
      }
      if (!draining.aborted) return "round over";
      await settled();
      return "drained";
    },
  };
}

/** Resolves when one of the signals aborts, or after `ms`. */
function firstOf(signals: readonly AbortSignal[], ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener("abort", done, { once: true });
    if (signals.some(({ aborted }) => aborted)) done();
  });
}
