export interface InFlight {
  /** Resolves when another claim may start. */
  slot(signal: AbortSignal): Promise<void>;
  /** Counts `work` as in flight until it ends. */
  track(work: Promise<unknown>): void;
  /** Runs what takes no slot, a notification with a workflow of its own: it begins once nothing goes alone, and what goes alone waits for its end. */
  beside<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  count(): number;
  /** Resolves when no claim is in flight, nor what goes alone, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>;
  /** Runs `work` once nothing else is in flight, and keeps everything else from beginning meanwhile. Not at all when `signal` aborts first. */
  alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined>;
}

/** Claims under way in this process, `limit` at the most. */
export function createInFlight(limit: number): InFlight {
  const running = new Set<Promise<unknown>>();
  const besides = new Set<Promise<unknown>>();
  const lone = new Set<Promise<unknown>>();
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
  const settled = async (sets: readonly Set<Promise<unknown>>[], signal: AbortSignal): Promise<void> => {
    for (let work = sets.flatMap((set) => [...set]); work.length > 0 && !signal.aborted; ) {
      await oneOf(work, signal);
      work = sets.flatMap((set) => [...set]);
    }
  };
  const trackIn = <T>(set: Set<Promise<unknown>>, work: Promise<T>): Promise<T> => {
    const entry: Promise<unknown> = work
      .catch(() => undefined)
      .then(() => {
        set.delete(entry);
      });
    set.add(entry);
    return work;
  };
  return {
    count: () => running.size,
    track: (work) => void trackIn(running, work),
    async beside(signal, work) {
      while (shut && !signal.aborted) await oneOf([reopened], signal);
      return trackIn(besides, work());
    },
    async slot(signal) {
      while ((shut || running.size >= limit) && !signal.aborted) await oneOf(shut ? [reopened] : running, signal);
    },
    settled: (signal) => settled([running, lone], signal),
    async alone(signal, work) {
      let reopen: () => void = () => undefined;
      reopened = new Promise((resolve) => {
        reopen = resolve;
      });
      shut = true;
      try {
        await settled([running, besides], signal);
        return signal.aborted ? undefined : await trackIn(lone, work());
      } finally {
        shut = false;
        reopen();
      }
    },
  };
}
