import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../../core/delivery.ts";
import type { ClaimSize } from "./claim-size.ts";
import type { InFlight } from "./in-flight.ts";
import type { Turn } from "./loop.ts";

/** How a claim is to be delivered. */
export interface DeliveryMode {
  /** It is the one that tries whether Novu works again, under this name. */
  readonly probe?: string;
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
  readonly halfOpen: () => boolean;
  /** Milliseconds after which a probe counts as lost with its worker. */
  readonly probeMs: number;
  /** Another claim has the probe: asks how it stands, for the next turn to wait for its end. */
  readonly onHeld: () => Promise<void>;
  /** Delivers a claim; resolves when it ended. */
  readonly deliver: (claim: Claim, manner?: DeliveryMode) => Promise<unknown>;
  readonly onClaim: (kind: ClaimKind | "rescue", count: number, dead: number) => void;
}

/** One turn of a polling loop: claim what is due, hand it to the worker session. A claim that may have left something behind is followed by another. */
export function claimTurn(kind: ClaimKind, options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, size, inFlight, halfOpen, onClaim } = options;
  return async (signal) => {
    if (halfOpen()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (halfOpen()) return await probeTurn(kind, options);
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

/** One turn while sending is half-open: whichever loop of whichever worker takes the probe has one row sent, and the others wait for how it ends. */
async function probeTurn(kind: ClaimKind | "rescue", options: ClaimTurnOptions): Promise<Turn> {
  const { claims, owner, leaseMs, probeMs, inFlight, onHeld, onClaim } = options;
  const claiming = claims.claimProbe(kind, owner, leaseMs, probeMs);
  inFlight.track(claiming);
  const claim = await claiming;
  if (claim === "nothing due") return "idle";
  if (claim === "held") {
    await onHeld();
    return "found";
  }
  crashPoint("after-claim");
  onClaim(kind, claim.rows.length, 0);
  inFlight.track(options.deliver(claim, { probe: claim.probe }));
  return "found";
}

/**
 * One turn of the rescue: claims whose lease ran out go on under a new token, or are moved to the dead letters when no attempt is left. A row that was in it more than
 * once goes alone, with nothing of this worker beside it, so that only the one that stops workers runs out of attempts. The turn does not wait for
 * it, which may take long and is no sign of a loop that hangs: the next turn waits, for its slot.
 */
export function rescueTurn(options: ClaimTurnOptions): (signal: AbortSignal) => Promise<Turn> {
  const { claims, owner, leaseMs, size, inFlight, halfOpen, onClaim } = options;
  let poisonRow: Promise<Turn | undefined> = Promise.resolve("found");
  const goAlone = async (): Promise<Turn> => {
    const { token, rows } = await claims.rescueIsolated(owner, leaseMs);
    if (rows.length === 0) return "idle";
    onClaim("rescue", rows.length, 0);
    await options.deliver({ token, rows }, { alone: true });
    return "found";
  };
  return async (signal) => {
    if (signal.aborted) return "idle";
    // A fault of the last one, Postgres away, is this turn's.
    const last = await poisonRow.finally(() => {
      poisonRow = Promise.resolve("found");
    });
    const limit = size.limit();
    const { dead, poisonRows, ...claim } = await claims.rescue(owner, leaseMs, limit);
    const count = claim.rows.length;
    if (count > 0 || dead > 0) onClaim("rescue", count, dead);
    if (count > 0) inFlight.track(options.deliver(claim));
    if (count > 0 || dead >= limit) return "found";
    // The rescue may be the only one with something to try.
    if (halfOpen()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (halfOpen()) return await probeTurn("rescue", options);
    // Another worker took the last one first: it has the next one as well, for now.
    if (!poisonRows || last === "idle") return "idle";
    poisonRow = inFlight.alone(signal, goAlone);
    poisonRow.catch(() => undefined);
    return "found";
  };
}
