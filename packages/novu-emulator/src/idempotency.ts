import { createHash } from "node:crypto";
import { ApiError, badRequest, unprocessable } from "./errors.ts";

const dayMs = 86_400_000;

interface Entry {
  bodyHash: string;
  startedAt: number;
  answer?: { status: number; payload: string };
}

export type Lookup =
  | { readonly kind: "fresh" }
  | { readonly kind: "replay"; readonly status: number; readonly payload: string };

/** Replies kept for 24 hours by Idempotency-Key, errors included. */
export class IdempotencyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws ApiError 400 for a key over 255 characters, 409 while the first call runs, 422 when the body differs. */
  begin(key: string, body: string): Lookup {
    if (key.length > 255) throw badRequest("idempotencyKey should not exceed 255 characters");
    const bodyHash = createHash("sha1").update(body).digest("base64");
    this.#forgetOld();
    const found = this.#entries.get(key);
    if (found === undefined) {
      this.#entries.set(key, { bodyHash, startedAt: this.#now() });
      return { kind: "fresh" };
    }
    if (found.bodyHash !== bodyHash)
      throw unprocessable(`Request with key "${key}" is being reused for a different body`);
    if (found.answer === undefined)
      throw new ApiError(
        409,
        `Request with key "${key}" is currently being processed. Please retry after 1 second`,
        {},
        { "Retry-After": "1" },
      );
    return { kind: "replay", ...found.answer };
  }

  end(key: string, status: number, payload: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.answer = { status, payload };
  }

  clear(): void {
    this.#entries.clear();
  }

  #forgetOld(): void {
    // Insertion order is age order: stop at the first that is young enough.
    for (const [key, entry] of this.#entries) {
      if (this.#now() - entry.startedAt < dayMs) return;
      this.#entries.delete(key);
    }
  }
}
