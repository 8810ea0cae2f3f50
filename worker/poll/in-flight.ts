export interface InFlight {
  /** Resolves when another claim may start. */
  slot(signal: AbortSignal): Promise<void>;
  /** Counts `work` as in flight until it ends. */
  track(work: Promise<unknown>): void;
  count(): number;
  /** Resolves when nothing is in flight, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>;
  /** Runs `work` once nothing else is in flight, and keeps the slots shut meanwhile. */
  alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** Claims under way in this process, `limit` at the most. */
export function createInFlight(limit: number): InFlight {
  const running = new Set<Promise<unknown>>();
  let shut = false;
  let reopened: Promise<void> = Promise.resolve();
  const oneOf = async (work: Iterable<Promise<unknown>>, signal: AbortSignal): Promise<void> => {
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener("abort", onAbort, { once: true });
    });
    await Promise.race([aborted, ...work]);
    signal.removeEventListener("abort", onAbort);
  };
  const settled = async (signal: AbortSignal): Promise<void> => {
    while (running.size > 0 && !signal.aborted) await oneOf(running, signal);
  };
  return {
    count: () => running.size,
    track(work) {
      const entry: Promise<unknown> = work
        .catch(() => undefined)
        .then(() => {
          running.delete(entry);
        });
      running.add(entry);
    },
    async slot(signal) {
      while ((shut || running.size >= limit) && !signal.aborted) await oneOf(shut ? [reopened] : running, signal);
    },
    settled,
    async alone(signal, work) {
      let reopen: () => void = () => undefined;
      reopened = new Promise((resolve) => {
        reopen = resolve;
      });
      shut = true;
      try {
        await settled(signal);
        return await work();
      } finally {
        shut = false;
        reopen();
      }
    },
  };
}
