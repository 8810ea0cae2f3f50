import type { Claim, ClaimPort, DeliveryPort, SendingPausePort, SettleResult } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ClaimedNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { type DeliverDeps, deliver } from "./delivery/deliver.ts";
import { tryOnce } from "./delivery/probe.ts";
import { type DeliveryWatch, type Watchdog, withWatch } from "./delivery/watchdog.ts";
import type { Metrics } from "./http/metrics.ts";
import type { PauseView } from "./lifecycle/sending-pause.ts";
import type { DeliveryMode } from "./poll/claim-turn.ts";
import type { InFlight } from "./poll/in-flight.ts";
import type { Throughput } from "./poll/throughput.ts";
import { claimWorkflowId, sessionWorkflowId } from "./temporal/contract.ts";
import type { StartClaim } from "./temporal/temporal-workers.ts";
import { watchClaim } from "./watch-claim.ts";

/** A notification with more recipients gets a Temporal workflow of its own, and the worker session goes on. */
const fanOutFrom = 500;

export interface DeliveriesOptions {
  readonly owner: string;
  readonly deps: DeliverDeps;
  readonly outbox: DeliveryPort;
  readonly claims: Pick<ClaimPort, "release">;
  readonly inFlight: Pick<InFlight, "beside">;
  readonly sendingPause: Pick<PauseView, "closed" | "halfOpen" | "see" | "refresh">;
  /** The sending pause that all workers share. */
  readonly shared: Pick<SendingPausePort, "endProbe">;
  readonly progress: Pick<Watchdog, "begin">;
  readonly throughput: Pick<Throughput, "claimed">;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly tracing: TracingPort | undefined;
  /** Starts a workflow for a claim by itself; undefined while Temporal is away. */
  readonly startClaim: () => StartClaim | undefined;
}

/** The ways in which a claim is delivered: in the worker session, as the probe, or by a workflow of its own. */
export function createDeliveries(options: DeliveriesOptions) {
  const {
    owner,
    deps,
    outbox,
    claims,
    inFlight,
    sendingPause,
    shared,
    progress,
    throughput,
    metrics,
    log,
    tracing,
    startClaim,
  } = options;

  async function deliverWatched(
    claim: Claim,
    workflowId: string,
    signal: AbortSignal,
    beat: DeliveryWatch,
    needs = deps,
  ): Promise<SettleResult> {
    const trace = claim.rows.length === 0 ? undefined : tracing?.claim(claim, workflowId);
    const watched = watchClaim(withWatch(needs, beat), claim, { metrics, log, workflowId, trace });
    return await deliver(watched, claim, signal).finally(() => trace?.end());
  }
  const never = new AbortController().signal;

  /**
   * A claim of this process's worker session. What needs long gets a workflow of its own; while Temporal is away the worker session does that, too, and always what is to
   * go alone.
   */
  async function deliverClaim(claim: Claim, { probe, alone = false }: DeliveryMode = {}): Promise<void> {
    throughput.claimed(
      claim.rows.length,
      claim.rows.reduce((sum, row) => sum + row.recipients.length, 0),
    );
    const beat = progress.begin();
    try {
      if (probe !== undefined) return await deliverProbe(claim, probe, beat);
      const long =
        alone || startClaim() === undefined ? [] : claim.rows.filter((row) => row.recipients.length > fanOutFrom);
      const rest = { ...claim, rows: long.length === 0 ? claim.rows : claim.rows.filter((row) => !long.includes(row)) };
      const queue = long.values();
      const start = async () => {
        for (const row of queue) await handOver(claim.token, row).finally(beat.moved);
      };
      // Side by side: a start takes Temporal tens of milliseconds, and the others need not wait for it.
      const sent = deliverWatched(rest, sessionWorkflowId(owner), never, beat);
      await Promise.all([sent, start(), start(), start(), start()]);
    } catch (error) {
      log.error({ error: messageOf(error), claim: claim.token }, "a claim was left to the rescue");
      throw error;
    } finally {
      beat.end();
    }
  }

  /** All of it in the worker session: a workflow of its own would wait its turn while all workers wait for the probe. */
  async function deliverProbe(claim: Claim, probe: string, beat: DeliveryWatch): Promise<void> {
    try {
      await deliverWatched(claim, sessionWorkflowId(owner), never, beat, tryOnce(deps, sendingPause));
    } finally {
      // Without a result, as from an error that Novu replayed: the next one may try. Where Postgres is away the probe runs out by itself.
      if (sendingPause.halfOpen()) await shared.endProbe(probe).then(sendingPause.see, () => undefined);
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
      const [rows] = await Promise.all([outbox.adopt(token, deps.leaseMs, again), sendingPause.refresh()]);
      const beat = progress.begin();
      return await deliverWatched({ token, rows }, claimWorkflowId(token), signal, beat).finally(beat.end);
    });

  return { deliverClaim, deliverToken };
}
