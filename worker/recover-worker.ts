import type { ClaimPort } from "../core/delivery.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "./http/metrics.ts";
import type { Loops } from "./polling-loops.ts";

export interface Recovery {
  /** False: the worker is alive and only lost its connection to Temporal. */
  readonly gone: boolean;
  /** Rows whose lease ended. */
  readonly rows: number;
}

interface RecoveryDeps {
  readonly claims: Pick<ClaimPort, "expire">;
  readonly metrics: Pick<Metrics, "recovered">;
  readonly loops: Pick<Loops, "rescue">;
  readonly log: Pick<Logger, "warn">;
}

/** Ends the leases of a worker whose Temporal heartbeats stopped, if it is gone; the rescue loop takes its rows over at once. */
export async function recoverWorker(owner: string, { claims, metrics, loops, log }: RecoveryDeps): Promise<Recovery> {
  const recovery = await claims.expire(owner);
  metrics.recovered(recovery.gone);
  if (recovery.rows > 0) loops.rescue.recovered();
  const text = recovery.gone ? "a worker is gone: its leases are ended" : "a worker lost its connection to Temporal";
  log.warn({ worker: owner, ...recovery }, text);
  return recovery;
}
