/** One delivery under way. */
export interface WatchedDelivery {
  /** The delivery made progress: Novu replied, or a write ended. */
  progressed(): void;
  end(): void;
}

/** Finds deliveries that are stuck. Each call and each write has a time limit, so a delivery without progress for longer never ends. */
export interface Watchdog {
  begin(): WatchedDelivery;
  /** Milliseconds since the last progress of the delivery that has waited longest; 0 when none is under way. */
  stuckMs(): number;
}

export function createWatchdog(now: () => number = () => performance.now()): Watchdog {
  const progressAt = new Map<WatchedDelivery, number>();
  return {
    begin() {
      const delivery: WatchedDelivery = {
        progressed() {
          if (progressAt.has(delivery)) progressAt.set(delivery, now());
        },
        end: () => void progressAt.delete(delivery),
      };
      progressAt.set(delivery, now());
      return delivery;
    },
    stuckMs: () => (progressAt.size === 0 ? 0 : now() - Math.min(...progressAt.values())),
  };
}
