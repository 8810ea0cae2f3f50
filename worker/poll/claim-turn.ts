import type { ClaimKind, ClaimPort } from "../../core/delivery.ts";
import type { Turn } from "./loop.ts";

export interface InFlight {
  /** Resolves when another claim may start. */
  slot(signal: AbortSignal): Promise<void>;
  /** Counts `work` as in flight until it ends. */
  track(work: Promise<unknown>): void;
  count(): number;
  /** Resolves when nothing is in flight, or when `signal` aborts. */
  settled(signal: AbortSignal): Promise<void>;
}

export interface ClaimTurnOptions {
  readonly claims: ClaimPort;
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
  readonly inFlight: InFlight;
  /** Starts the delivery of a claim. Resolves once it is durable; `done` resolves when it ended. Rejects when it could not be started. */
  readonly start: (token: string) => Promise<{ readonly done: Promise<unknown> }>;
  readonly onClaim: (kind: ClaimKind | "sweep", count: number, dead: number) => void;
}

/** One turn of a polling loop: claim what is due, start its delivery. A full claim means that there may be more. */
export function claimTurn(kind: ClaimKind, options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, limit, onClaim } = options;
  return async (signal) => {
    if (signal.aborted) return "idle";
    const { token, count } = await claims.claim(kind, owner, leaseMs, limit);
    if (count === 0) return "idle";
    onClaim(kind, count, 0);
    await startOrRelease(token, options);
    return count >= limit ? "found" : "idle";
  };
}

/** One turn of the sweep: claims whose lease ran out start again under a new token, or are buried when no attempt is left. */
export function sweepTurn(options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, limit, onClaim } = options;
  return async (signal) => {
    if (signal.aborted) return "idle";
    const { token, count, dead } = await claims.sweep(owner, leaseMs, limit);
    if (count > 0 || dead > 0) onClaim("sweep", count, dead);
    if (count > 0) await startOrRelease(token, options);
    return count >= limit || dead >= limit ? "found" : "idle";
  };
}

/** A delivery that did not start gives its rows back at once, without spending the attempt, rather than when the lease runs out. */
async function startOrRelease(token: string, { claims, inFlight, start }: ClaimTurnOptions): Promise<void> {
  try {
    const { done } = await start(token);
    inFlight.track(done);
  } catch (error) {
    await claims.release(token);
    throw error;
  }
}

export function createInFlight(limit: number): InFlight {
  const running = new Set<Promise<unknown>>();
  const oneEnds = async (signal: AbortSignal): Promise<void> => {
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener("abort", onAbort, { once: true });
    });
    await Promise.race([aborted, ...running]);
    signal.removeEventListener("abort", onAbort);
  };
  return {
    count: () => running.size,
    track(work) {
      const entry: Promise<unknown> = work
        .catch(() => undefined)
        .then(() => {
          running.delete(entry);
        });
      running.add(entry);
    },
    async slot(signal) {
      while (running.size >= limit && !signal.aborted) await oneEnds(signal);
    },
    async settled(signal) {
      while (running.size > 0 && !signal.aborted) await oneEnds(signal);
    },
  };
}
