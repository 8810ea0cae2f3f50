export interface RateLimit {
  /** Tokens that come back per second. A request costs 1, a bulk call 100. */
  readonly perSecond: number;
  /** Most tokens there are at once; 110 % of `perSecond` when absent. */
  readonly burst?: number;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** One token bucket for the key. A call that costs more than the bucket holds passes when the bucket is full. */
export class RateLimiter {
  readonly #now: () => number;
  #tokens = Number.POSITIVE_INFINITY;
  #at = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  reset(): void {
    this.#tokens = Number.POSITIVE_INFINITY;
  }

  take(limit: RateLimit, cost: number): Verdict {
    const burst = limit.burst ?? Math.ceil(limit.perSecond * 1.1);
    const now = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * limit.perSecond);
    this.#at = now;
    const needed = Math.min(cost, burst);
    const allowed = this.#tokens >= needed;
    if (allowed) this.#tokens -= cost;
    const secondsUntil = (tokens: number) => Math.max(0, Math.ceil((tokens - this.#tokens) / limit.perSecond));
    const headers: Record<string, string> = {
      "RateLimit-Limit": String(limit.perSecond),
      "RateLimit-Remaining": String(Math.max(0, Math.floor(this.#tokens))),
      "RateLimit-Reset": String(secondsUntil(burst)),
      "RateLimit-Policy": `${limit.perSecond};w=1;burst=${burst};comment="token bucket";cost="${cost === 1 ? "single" : "bulk"}"`,
    };
    if (!allowed) headers["Retry-After"] = String(Math.max(1, secondsUntil(needed)));
    return { allowed, headers };
  }
}
