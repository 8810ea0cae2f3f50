import { firstOf } from "../../core/time.ts";

export interface InFlight {
  /** Resolves when another claim may start. */
  slot(signal: AbortSignal): Promise<void>;
  /** Counts `work` as in flight until it ends. */
  track(work: Promise<unknown>): void;
  /** Runs work that needs no slot, such as a fan-out workflow. It starts once no exclusive work runs, and exclusive work waits for its end. */
  concurrent<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  count(): number;
  /** Resolves when no claim and no exclusive work is in flight, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>;
  /** Runs `work` once nothing else is in flight; nothing else starts meanwhile. Does not run it when `signal` aborts first. */
  exclusive<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined>;
}

/** Claims in flight in this process, at most `limit`. */
export function createInFlight(limit: number): InFlight {
  const claims = new Set<Promise<unknown>>();
  const concurrent = new Set<Promise<unknown>>();
  const exclusive = new Set<Promise<unknown>>();
  let blocked = false;
  let unblocked: Promise<void> = Promise.resolve();
  const settled = async (sets: readonly Set<Promise<unknown>>[], signal: AbortSignal): Promise<void> => {
    for (let work = sets.flatMap((set) => [...set]); work.length > 0 && !signal.aborted; ) {
      await firstOf(work, signal);
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
    count: () => claims.size,
    track: (work) => void trackIn(claims, work),
    async concurrent(signal, work) {
      while (blocked && !signal.aborted) await firstOf([unblocked], signal);
      return trackIn(concurrent, work());
    },
    async slot(signal) {
      while ((blocked || claims.size >= limit) && !signal.aborted)
        await firstOf(blocked ? [unblocked] : claims, signal);
    },
    settled: (signal) => settled([claims, exclusive], signal),
    async exclusive(signal, work) {
      let unblock: () => void = () => undefined;
      unblocked = new Promise((resolve) => {
        unblock = resolve;
      });
      blocked = true;
      try {
        await settled([claims, concurrent], signal);
        return signal.aborted ? undefined : await trackIn(exclusive, work());
      } finally {
        blocked = false;
        unblock();
      }
    },
  };
}
