/** Measures Novu's throughput, to bound what one claim may hold so that its calls end soon. */
export interface Throughput {
  /** A call ended after `ms`. */
  called(ms: number): void;
  /** A claim had this many rows and recipients. */
  claimed(rows: number, recipients: number): void;
  /** Rows whose calls end in about half a second; unlimited before the first call ended. */
  rows(): number;
}

/**
 * Milliseconds that the calls of one claim may take. A claim holds its slot meanwhile, and a single row of another tenant waits for a slot: more rows
 * in a claim than Novu takes in that time are not sent any sooner. Calls that each take longer still run in parallel, once.
 */
const budgetMs = 500;
/** Weight of the last call, or claim, in the average. */
const weight = 0.2;

/** `concurrency`: calls of a claim under way at once, each of up to `eventsPerCall` events. */
export function createThroughput(concurrency: number, eventsPerCall: number): Throughput {
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
      return Math.max(concurrency, Math.floor((rounds * concurrency * eventsPerCall) / recipientsPerRow));
    },
  };
}
