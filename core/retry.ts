export interface BackoffOptions {
  /** Milliseconds the first retry waits at the most. */
  readonly baseMs: number;
  /** Milliseconds any retry waits at the most. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before the retry that follows attempt number `attempt` (from 1): exponential with full jitter,
 * a uniform draw from [0, min(maxMs, baseMs * 2^(attempt-1))], so that rows which failed together do not come back together.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  // 2^31 is past any sane maximum; the clamp keeps the power finite for a row with a huge attempt count.
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(31, Math.max(0, attempt - 1)));
  return Math.round(ceiling * random());
}
