/** How much one claim may hold so that its calls to Novu end soon. */
export interface Throughput {
  /** A call ended after `ms`. */
  called(ms: number): void;
  /** So many recipients were in so many rows. */
  claimed(rows: number, recipients: number): void;
  /** Rows whose calls end in about half a second; no bound before the first call has ended. */
  rows(): number;
}

/**
 * Milliseconds that the calls of one claim may take. A claim holds its slot meanwhile, and another tenant's lone row waits for a slot: more rows
 * in a claim than Novu takes in that time send nothing sooner. Calls that take longer than that still go side by side, once.
 */
const budgetMs = 500;
/** Weight of the last call, or claim, in the average. */
const weight = 0.2;

/** `callsAtOnce` of a claim, each of up to `eventsPerCall` events. */
export function createThroughput(callsAtOnce: number, eventsPerCall: number): Throughput {
  let callMs: number | undefined;
  let recipientsPerRow = 1;
  return {
    called(ms) {
      callMs = callMs === undefined ? ms : callMs + weight * (ms - callMs);
    },
    claimed(rows, recipients) {
      if (rows > 0) recipientsPerRow += weight * (recipients / rows - recipientsPerRow);
    },
    rows() {
      if (callMs === undefined) return Number.POSITIVE_INFINITY;
      const rounds = Math.max(1, Math.round(budgetMs / callMs));
      return Math.max(callsAtOnce, Math.floor((rounds * callsAtOnce * eventsPerCall) / recipientsPerRow));
    },
  };
}
