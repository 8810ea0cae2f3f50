import type { RateLimit } from "./rate-limit.ts";

/** What `/__control/settings` may change while the server runs. */
export interface Behaviour {
  /** Answer a repeated Idempotency-Key from the cache. Novu has it on for some organisations only. */
  idempotency: boolean;
  /** Drop an event whose transaction id was used before. */
  transactionDedup: boolean;
  /** Run the workflows' steps. Off: events are accepted and counted, nothing else. */
  deliver: boolean;
  /** Check payloads against the schemas that the bridge reported. */
  validatePayload: boolean;
  rateLimit: RateLimit | null;
}

export const defaultBehaviour: Behaviour = {
  idempotency: true,
  transactionDedup: true,
  deliver: true,
  validatePayload: true,
  rateLimit: null,
};
