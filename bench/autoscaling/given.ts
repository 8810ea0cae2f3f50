import { maxEventsPerCall } from "../../core/limits.ts";
import { callsPerClaim, maxClaimsInFlight } from "../../worker/capacity.ts";

/** At most this many calls to Novu are in flight in one worker. */
export const callsUnderWay = maxClaimsInFlight * callsPerClaim;

/**
 * How much of that is used while a backlog lasts: a claim is over with its last call, and the next one begins after it. Measured: 2,180 a second from
 * one worker, 40,000 rows waiting, calls of 100 events that were answered after 0.4 s, at most twelve in flight.
 */
const share = 0.73;

/** Notifications that one worker sends in a second when a call takes so long, to the hundred. */
export const sentInASecond = (callSeconds: number): number =>
  Math.round(((callsUnderWay * maxEventsPerCall) / callSeconds) * (share / 100)) * 100;
