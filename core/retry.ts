export interface BackoffOptions {
  /** Longest wait before the first retry, in milliseconds. */
  readonly baseMs: number;
  /** Longest wait before any retry, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before the retry that follows attempt number `attempt` (from 1): exponential with full jitter,
 * a uniform draw from [0, min(maxMs, baseMs * 2^(attempt-1))], so that rows which failed together are not retried together.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  // The clamp keeps the power finite for a huge attempt count; 2^31 exceeds every sensible maximum.
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(31, Math.max(0, attempt - 1)));
  return Math.round(ceiling * random());
}
