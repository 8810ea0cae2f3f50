import type { Claim, ClaimPort, DeliveryPort, GatePort, SettleResult } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ClaimedNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { type DeliverDeps, deliver } from "./delivery/deliver.ts";
import { type Beat, moving, type Progress } from "./delivery/progress.ts";
import { tryOnce } from "./delivery/trial.ts";
import type { Metrics } from "./http/metrics.ts";
import type { Gate } from "./lifecycle/gate.ts";
import type { Manner } from "./poll/claim-turn.ts";
import type { InFlight } from "./poll/in-flight.ts";
import type { Pace } from "./poll/pace.ts";
import { claimWorkflowId, laneWorkflowId } from "./temporal/contract.ts";
import type { StartClaim } from "./temporal/run.ts";
import { watchClaim } from "./watch-claim.ts";

/** A notification with more recipients gets a Temporal workflow of its own, and the lane goes on. */
const fanOutFrom = 500;

export interface DeliveriesOptions {
  readonly owner: string;
  readonly deps: DeliverDeps;
  readonly outbox: DeliveryPort;
  readonly claims: Pick<ClaimPort, "release">;
  readonly inFlight: Pick<InFlight, "beside">;
  readonly gate: Pick<Gate, "closed" | "onTrial" | "see" | "refresh">;
  /** The gate that all workers share. */
  readonly shared: Pick<GatePort, "endTrial">;
  readonly progress: Pick<Progress, "begin">;
  readonly pace: Pick<Pace, "claimed">;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly tracing: TracingPort | undefined;
  /** Starts a workflow for a claim by itself; undefined while Temporal is away. */
  readonly startClaim: () => StartClaim | undefined;
}

/** The ways in which a claim is delivered: in the lane, as the trial, or by a workflow of its own. */
export function createDeliveries(options: DeliveriesOptions) {
  const { owner, deps, outbox, claims, inFlight, gate, shared, progress, pace, metrics, log, tracing, startClaim } =
    options;

  async function deliverWatched(
    claim: Claim,
    workflowId: string,
    signal: AbortSignal,
    beat: Beat,
    needs = deps,
  ): Promise<SettleResult> {
    const trace = claim.rows.length === 0 ? undefined : tracing?.claim(claim, workflowId);
    const watched = watchClaim(moving(needs, beat), claim, { metrics, log, workflowId, trace });
    return await deliver(watched, claim, signal).finally(() => trace?.end());
  }
  const never = new AbortController().signal;

  /**
   * A claim of this process's lane. What needs long gets a workflow of its own; while Temporal is away the lane does that, too, and always what is to
   * go alone.
   */
  async function deliverClaim(claim: Claim, { trial, alone = false }: Manner = {}): Promise<void> {
    pace.claimed(
      claim.rows.length,
      claim.rows.reduce((sum, row) => sum + row.recipients.length, 0),
    );
    const beat = progress.begin();
    try {
      if (trial !== undefined) return await deliverTrial(claim, trial, beat);
      const long =
        alone || startClaim() === undefined ? [] : claim.rows.filter((row) => row.recipients.length > fanOutFrom);
      const rest = { ...claim, rows: long.length === 0 ? claim.rows : claim.rows.filter((row) => !long.includes(row)) };
      const queue = long.values();
      const start = async () => {
        for (const row of queue) await handOver(claim.token, row).finally(beat.moved);
      };
      // Side by side: a start takes Temporal tens of milliseconds, and the others need not wait for it.
      const sent = deliverWatched(rest, laneWorkflowId(owner), never, beat);
      await Promise.all([sent, start(), start(), start(), start()]);
    } catch (error) {
      log.error({ error: messageOf(error), claim: claim.token }, "a claim was left to the sweep");
      throw error;
    } finally {
      beat.end();
    }
  }

  /** All of it in the lane: a workflow of its own would wait its turn while all workers wait for the trial. */
  async function deliverTrial(claim: Claim, trial: string, beat: Beat): Promise<void> {
    try {
      await deliverWatched(claim, laneWorkflowId(owner), never, beat, tryOnce(deps, gate));
    } finally {
      // Without a result, as from an error that Novu replayed: the next one may try. Where Postgres is away the trial runs out by itself.
      if (gate.onTrial()) await shared.endTrial(trial).then(gate.see, () => undefined);
    }
  }

  async function handOver(token: string, row: ClaimedNotification): Promise<void> {
    const { id, traceparent } = row;
    const own = await outbox.handOver(token, [id], deps.leaseMs);
    if (own === undefined) return;
    const workflowId = claimWorkflowId(own);
    const handedOver = tracing?.handOver(row, workflowId);
    const started = startClaim()?.(own) ?? Promise.reject(new Error("Temporal is away"));
    await started.then(
      () => handedOver?.(true),
      async (error: unknown) => {
        handedOver?.(false);
        const where = { notification: id, workflowId, ...(traceparent ? { trace_id: traceIdOf(traceparent) } : {}) };
        log.warn(
          { ...where, error: messageOf(error) },
          "a workflow could not be started; its notification was given back",
        );
        await claims.release(own, [id]);
      },
    );
  }

  /** A claim that a workflow of its own holds: only its token is known. `again`: whoever had it before went silent. */
  const deliverToken = (token: string, again: boolean, signal: AbortSignal): Promise<SettleResult> =>
    inFlight.beside(signal, async () => {
      signal.throwIfAborted();
      // It may have waited long for its turn. What news did not reach this worker, the database says.
      const [rows] = await Promise.all([outbox.adopt(token, deps.leaseMs, again), gate.refresh()]);
      const beat = progress.begin();
      return await deliverWatched({ token, rows }, claimWorkflowId(token), signal, beat).finally(beat.end);
    });

  return { deliverClaim, deliverToken };
}
