import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../../core/delivery.ts";
import type { ClaimSize } from "./claim-size.ts";
import type { InFlight } from "./in-flight.ts";
import type { Turn } from "./loop.ts";

export interface ClaimTurnOptions {
  readonly claims: ClaimPort;
  readonly owner: string;
  readonly leaseMs: number;
  readonly size: ClaimSize;
  readonly inFlight: InFlight;
  /** The circuit breaker tripped: one call tries whether Novu works again, and nothing goes beside it. */
  readonly onTrial: () => boolean;
  /** Milliseconds after which a trial counts as lost with its worker. */
  readonly trialMs: number;
  /** Another claim has the trial: asks how it stands, for the next turn to wait for its end. */
  readonly onHeld: () => Promise<void>;
  /** Delivers a claim; resolves when it ended. `trial`: it is the one that tries. */
  readonly deliver: (claim: Claim, trial?: string) => Promise<unknown>;
  readonly onClaim: (kind: ClaimKind | "sweep", count: number, dead: number) => void;
}

/** One turn of a polling loop: claim what is due, hand it to the lane. A claim that may have left something behind is followed by another. */
export function claimTurn(kind: ClaimKind, options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, size, inFlight, onTrial, onClaim } = options;
  return async (signal) => {
    if (onTrial()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (onTrial()) return await trialTurn(kind, options);
    const limit = size.limit();
    const start = performance.now();
    const claiming = claims.claim(kind, owner, leaseMs, limit);
    // In flight from here on: what is to go alone waits for what this finds.
    inFlight.track(claiming);
    const claim = await claiming;
    const count = claim.rows.length;
    size.claimed(count, performance.now() - start);
    if (count === 0) return "idle";
    crashPoint("after-claim");
    onClaim(kind, count, 0);
    inFlight.track(options.deliver(claim));
    // Tenants share a claim of `limit` rows: one of them may have been cut at a 16th of it.
    return count >= limit / 16 ? "found" : "idle";
  };
}

/** One turn while sending is on trial: whichever loop of whichever worker takes the trial has one row sent, and the others wait for how it ends. */
async function trialTurn(kind: ClaimKind | "sweep", options: ClaimTurnOptions): Promise<Turn> {
  const { claims, owner, leaseMs, trialMs, inFlight, onHeld, onClaim } = options;
  const claiming = claims.claimTrial(kind, owner, leaseMs, trialMs);
  inFlight.track(claiming);
  const claim = await claiming;
  if (claim === "nothing due") return "idle";
  if (claim === "held") {
    await onHeld();
    return "found";
  }
  crashPoint("after-claim");
  onClaim(kind, claim.rows.length, 0);
  inFlight.track(options.deliver(claim, claim.trial));
  return "found";
}

/**
 * One turn of the sweep: claims whose lease ran out go on under a new token, or are buried when no attempt is left. A row that was in it more than
 * once goes alone, with nothing of this worker beside it, so that only the one that stops workers runs out of attempts.
 */
export function sweepTurn(options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, size, inFlight, onTrial, onClaim } = options;
  return async (signal) => {
    if (signal.aborted) return "idle";
    const limit = size.limit();
    const { dead, suspects, ...claim } = await claims.sweep(owner, leaseMs, limit);
    const count = claim.rows.length;
    if (count > 0 || dead > 0) onClaim("sweep", count, dead);
    if (count > 0) inFlight.track(options.deliver(claim));
    if (count > 0 || dead >= limit) return "found";
    // The sweep may be the only one with something to try.
    if (onTrial()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (onTrial()) return await trialTurn("sweep", options);
    if (!suspects) return "idle";
    return await inFlight.alone(signal, async () => {
      const suspect = await claims.sweepSuspect(owner, leaseMs);
      if (suspect.rows.length === 0) return "idle";
      onClaim("sweep", suspect.rows.length, 0);
      await options.deliver(suspect);
      return "found";
    });
  };
}
