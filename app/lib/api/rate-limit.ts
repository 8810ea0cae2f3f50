import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { ApiKey } from "../../../outbox/api-keys.ts";
import { oncePerProcess } from "../once.ts";
import { Problem } from "./problem.ts";

/**
 * Consumes points of a key's limit per minute, counted from its first call. Each app process counts separately.
 * @throws Problem 429 when the limit is used up, with the seconds until it resets.
 */
export async function consumeRate(key: ApiKey, points: number, perMinute: number): Promise<void> {
  const limiter = oncePerProcess(
    `api-rate.${perMinute}`,
    () => new RateLimiterMemory({ points: perMinute, duration: 60 }),
  );
  try {
    await limiter.consume(key.id, points);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    throw new Problem(429, {
      detail: `This key may send ${perMinute} notifications a minute. Send the request again after ${seconds} s.`,
      headers: { "Retry-After": String(seconds) },
    });
  }
}
