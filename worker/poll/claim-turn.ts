import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../../core/delivery.ts";
import type { ClaimSize } from "./claim-size.ts";
import type { InFlight } from "./in-flight.ts";
import type { Turn } from "./loop.ts";

/** How a claim is to be delivered. */
export interface Manner {
  /** It is the one that tries whether Novu works again, under this name. */
  readonly trial?: string;
  /** Nothing of it is handed to another worker: it is what may stop one. */
  readonly alone?: boolean;
}

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
  /** Delivers a claim; resolves when it ended. */
  readonly deliver: (claim: Claim, manner?: Manner) => Promise<unknown>;
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
  inFlight.track(options.deliver(claim, { trial: claim.trial }));
  return "found";
}

/**
 * One turn of the sweep: claims whose lease ran out go on under a new token, or are buried when no attempt is left. A row that was in it more than
 * once goes alone, with nothing of this worker beside it, so that only the one that stops workers runs out of attempts. The turn does not wait for
 * it, which may take long and is no sign of a loop that hangs: the next turn waits, for its slot.
 */
export function sweepTurn(options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, size, inFlight, onTrial, onClaim } = options;
  let suspect: Promise<Turn | undefined> = Promise.resolve("found");
  const goAlone = async (): Promise<Turn> => {
    const { token, rows } = await claims.sweepSuspect(owner, leaseMs);
    if (rows.length === 0) return "idle";
    onClaim("sweep", rows.length, 0);
    await options.deliver({ token, rows }, { alone: true });
    return "found";
  };
  return async (signal) => {
    if (signal.aborted) return "idle";
    // A fault of the last one, Postgres away, is this turn's.
    const last = await suspect.finally(() => {
      suspect = Promise.resolve("found");
    });
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
    // Another worker took the last one first: it has the next one as well, for now.
    if (!suspects || last === "idle") return "idle";
    suspect = inFlight.alone(signal, goAlone);
    suspect.catch(() => undefined);
    return "found";
  };
}
