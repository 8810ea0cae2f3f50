import type { Settings } from "../core/config/variables.ts";
import { type ClaimKind, claimKinds } from "../core/delivery.ts";
import { maxEventsPerCall } from "../core/limits.ts";
import { type ClaimSize, createClaimSize } from "./poll/claim-size.ts";
import { createInFlight, type InFlight } from "./poll/in-flight.ts";
import { createThroughput, type Throughput } from "./poll/throughput.ts";

/** Claims in flight in one worker: enough that Postgres and Novu work at the same time, few enough that a stop leaves little behind. */
export const maxClaimsInFlight = 3;
export const callsPerClaim = 4;

export type LoopName = ClaimKind | "rescue";
export const loopNames: readonly LoopName[] = [...claimKinds, "rescue"];

/** How much the worker takes on at once. */
export interface Capacity {
  readonly inFlight: InFlight;
  readonly throughput: Throughput;
  /** One size for each loop: the claims of one loop say nothing about those of another. */
  readonly sizes: Readonly<Record<LoopName, ClaimSize>>;
  /** Calls of one claim under way at once. */
  readonly concurrency: number;
  readonly eventsPerCall: number;
}

export function createCapacity(
  { batchSize, claimMax }: Pick<Settings["worker"], "batchSize" | "claimMax">,
  { concurrency = callsPerClaim, eventsPerCall = maxEventsPerCall }: Partial<Capacity>,
): Capacity {
  const throughput = createThroughput(concurrency, eventsPerCall);
  const size = () => createClaimSize(batchSize, claimMax, throughput.rows);
  const sizes = { new: size(), failed: size(), scheduled: size(), rescue: size() };
  return { inFlight: createInFlight(maxClaimsInFlight), throughput, sizes, concurrency, eventsPerCall };
}
