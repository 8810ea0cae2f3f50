import type { DeliveryPort, NovuPort } from "../../core/delivery.ts";
import { type BackoffOptions, backoffMs } from "../../core/retry.ts";
import type { ClaimInput, ClaimResult } from "./contract.ts";
import { type Batch, planBatches } from "./plan-calls.ts";
import { type Ends, type EventEnd, sendCall } from "./send-call.ts";
import { settleRows } from "./settle-rows.ts";

export interface DeliverDeps {
  readonly outbox: DeliveryPort;
  readonly novu: NovuPort;
  /** Name of this worker process, written to the rows it works on. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly retry: BackoffOptions;
  /** Bulk calls of one claim under way at once. */
  readonly concurrency: number;
  /** Aborted when the worker stops: calls under way end, the other rows are given back. */
  readonly draining: AbortSignal;
  readonly pause: (ms: number, reason: string, needsPerson: boolean) => void;
  readonly onCall: (end: EventEnd["kind"], ms: number, events: number) => void;
  readonly onSettled: (result: ClaimResult) => void;
}

/** What the Temporal activity's context gives: cancelled when Temporal gave the activity to another worker or the worker's grace is over. */
export interface Hold {
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
}

/**
 * Sends the rows of one claim and writes how each ended, batch by batch. Running it again is harmless: rows that are settled are no longer
 * held, and calls that are repeated carry the same keys.
 */
export async function deliver(deps: DeliverDeps, { claim }: ClaimInput, hold: Hold): Promise<ClaimResult> {
  const total = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
  const rows = await deps.outbox.adopt(claim, deps.owner, deps.leaseMs);
  if (rows.length === 0) return total;
  const stop = new AbortController();
  const onCancel = () => stop.abort();
  hold.signal.addEventListener("abort", onCancel, { once: true });
  const keeper = keepLease(deps, claim, hold, stop);
  // Set when Novu takes nothing for now: the batches not yet sent are given back without a call.
  const paused = new AbortController();
  try {
    const queue = planBatches(rows).values();
    const lane = async () => {
      for (const batch of queue) add(total, await deliverBatch(deps, claim, batch, stop.signal, paused));
    };
    const lanes = await Promise.allSettled(Array.from({ length: deps.concurrency }, lane));
    // All lanes have ended before the fault is told: what Temporal retries never runs beside what is left of this try.
    for (const end of lanes) if (end.status === "rejected") throw end.reason;
  } finally {
    clearInterval(keeper);
    hold.signal.removeEventListener("abort", onCancel);
  }
  deps.onSettled(total);
  return total;
}

/** Renews the lease and tells Temporal that the work goes on. A lease that is lost stops the work: another worker has the rows. */
function keepLease(
  { outbox, leaseMs }: DeliverDeps,
  claim: string,
  { heartbeat }: Hold,
  stop: AbortController,
): NodeJS.Timeout {
  let renewedAt = Date.now();
  return setInterval(
    () => {
      heartbeat();
      if (Date.now() - renewedAt < leaseMs / 3) return;
      renewedAt = Date.now();
      outbox.renew(claim, leaseMs).then(
        (held) => {
          if (held === 0) stop.abort();
        },
        // Postgres is away: the lease may run out, and then the token guards what is written later.
        () => undefined,
      );
    },
    Math.min(2_000, leaseMs / 3),
  );
}

async function deliverBatch(
  deps: DeliverDeps,
  claim: string,
  batch: Batch,
  signal: AbortSignal,
  paused: AbortController,
): Promise<ClaimResult> {
  const ends: Ends = new Map();
  for (const call of batch.calls) {
    if (deps.draining.aborted || signal.aborted || paused.signal.aborted) break;
    const start = performance.now();
    await sendCall(deps.novu, call, signal, ends);
    const tried = call.events.flatMap((event) => ends.get(event) ?? []);
    // A call that was halved may be paused in its second half only.
    const pause = tried.find((end) => end.kind === "paused");
    const kind = pause?.kind ?? tried[0]?.kind;
    if (kind) deps.onCall(kind, performance.now() - start, call.events.length);
    if (pause) {
      deps.pause(pause.retryAfterMs, pause.reason, pause.needsPerson);
      paused.abort();
    }
  }
  const settled = settleRows(batch, ends, (attempt) => backoffMs(attempt, deps.retry));
  return await deps.outbox.settle(claim, settled.settlements, settled.recipients);
}

function add(total: { -readonly [K in keyof ClaimResult]: ClaimResult[K] }, part: ClaimResult): void {
  for (const key of Object.keys(part) as (keyof ClaimResult)[]) total[key] += part[key];
}
