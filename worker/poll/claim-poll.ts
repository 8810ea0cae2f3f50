import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../../core/delivery.ts";
import type { ClaimSize } from "./claim-size.ts";
import type { InFlight } from "./in-flight.ts";
import type { PollResult } from "./loop.ts";

/** How a claim is delivered. */
export interface DeliveryMode {
  /** The claim is the probe of the half-open breaker, with this name. */
  readonly probe?: string;
  /** The claim is a poison row: the worker delivers it itself and starts no fan-out workflow, which would run on another worker. */
  readonly isolated?: boolean;
}

/** The probe of the circuit breaker: one call that checks whether Novu works again. */
export interface ProbeOptions {
  /** The breaker is not closed: only a probe may be sent, and nothing at the same time. */
  readonly required: () => boolean;
  /** Milliseconds after which a probe counts as lost with its worker. */
  readonly lostAfterMs: number;
  /** Another claim holds the probe: reads its state, so that the next poll waits for its end. */
  readonly onHeld: () => Promise<void>;
}

export interface PollOptions {
  readonly claims: ClaimPort;
  readonly owner: string;
  readonly leaseMs: number;
  readonly size: ClaimSize;
  readonly inFlight: InFlight;
  readonly probe: ProbeOptions;
  /** Delivers a claim; resolves when the delivery ended. */
  readonly deliver: (claim: Claim, mode?: DeliveryMode) => Promise<unknown>;
  readonly onClaim: (kind: ClaimKind | "rescue", count: number, dead: number) => void;
}

/** While tenants share a claim, it takes at most this part of its limit from one tenant. A claim with fewer rows left none of them behind. */
const tenantShare = 1 / 16;

/** One poll of a loop: claims the rows that are due and starts their delivery. "found" if the claim may have left due rows behind. */
export function claimPoll(kind: ClaimKind, options: PollOptions): (signal: AbortSignal) => Promise<PollResult> {
  const { claims, owner, leaseMs, size, inFlight, probe, onClaim } = options;
  return async (signal) => {
    if (probe.required()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (probe.required()) return await probePoll(kind, options);
    const limit = size.limit();
    const start = performance.now();
    const claiming = claims.claim(kind, owner, leaseMs, limit);
    // In flight from here on: exclusive work waits for the rows that this claim finds.
    inFlight.track(claiming);
    const claim = await claiming;
    const count = claim.rows.length;
    size.claimed(count, performance.now() - start);
    if (count === 0) return "idle";
    crashPoint("after-claim");
    onClaim(kind, count, 0);
    inFlight.track(options.deliver(claim));
    return count >= limit * tenantShare ? "found" : "idle";
  };
}

/** One poll while the breaker is half-open: the loop that gets the probe sends one row, every other loop of every worker waits for its result. */
export async function probePoll(kind: ClaimKind | "rescue", options: PollOptions): Promise<PollResult> {
  const { claims, owner, leaseMs, probe, inFlight, onClaim } = options;
  const claiming = claims.claimProbe(kind, owner, leaseMs, probe.lostAfterMs);
  inFlight.track(claiming);
  const claim = await claiming;
  if (claim === "nothing due") return "idle";
  if (claim === "held") {
    await probe.onHeld();
    return "found";
  }
  crashPoint("after-claim");
  onClaim(kind, claim.rows.length, 0);
  inFlight.track(options.deliver(claim, { probe: claim.probe }));
  return "found";
}
