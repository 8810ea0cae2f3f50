import { hostname } from "node:os";
import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import type { Claim, GatePort, NovuPort, SettleResult } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ClaimedNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { createNovu } from "../novu/client.ts";
import { createClaims } from "../outbox/claims.ts";
import type { Counts } from "../outbox/counts.ts";
import { createDelivery } from "../outbox/delivery.ts";
import { createGate } from "../outbox/gate.ts";
import { createPool } from "../outbox/pool.ts";
import { isDatabaseAway } from "./database-away.ts";
import { createBreaker } from "./delivery/breaker.ts";
import { type DeliverDeps, deliver } from "./delivery/deliver.ts";
import { createLane } from "./delivery/lane.ts";
import { maxEventsPerCall } from "./delivery/plan-calls.ts";
import { type Beat, createProgress, moving } from "./delivery/progress.ts";
import { tryOnce } from "./delivery/trial.ts";
import { createBoard } from "./lifecycle/board.ts";
import { createGateView } from "./lifecycle/gate.ts";
import { createClaimSize } from "./poll/claim-size.ts";
import type { Manner } from "./poll/claim-turn.ts";
import { createInFlight } from "./poll/in-flight.ts";
import { createPace } from "./poll/pace.ts";
import { claimWorkflowId, laneWorkflowId } from "./temporal/contract.ts";
import type { StartClaim } from "./temporal/run.ts";
import { watchClaim } from "./watch-claim.ts";
import { createLoops } from "./wire-loops.ts";
import { workerMetrics } from "./wire-metrics.ts";

export type WorkerSettings = Pick<Settings, "general" | "novu" | "database" | "temporal" | "worker">;

/** Claims that one worker has under way: enough that Postgres and Novu work at the same time, few enough that a stop leaves little behind. */
export const maxClaimsInFlight = 3;
export const callsPerClaim = 4;
/** A notification with more recipients gets a Temporal workflow of its own, and the lane goes on. */
const fanOutFrom = 500;
/** Milliseconds beyond a call's own limit until the trial after a trip of the breaker counts as lost. */
const trialMarginMs = 5_000;

/** What is not made of the settings alone, and what a measurement may put in the place of the worker's own. */
export interface Parts {
  /** Absent: traces are off. */
  readonly tracing?: TracingPort | undefined;
  readonly novu?: NovuPort;
  /** Events in one call to Novu, and calls of one claim under way at once. */
  readonly eventsPerCall?: number;
  readonly concurrency?: number;
}

/** Everything of one worker process, wired and not yet running. */
export function wire(settings: WorkerSettings, log: Logger, parts: Parts = {}) {
  const { worker, database, temporal } = settings;
  const { tracing } = parts;
  const owner = `${hostname()}-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  const connection = { url: database.url, statementTimeoutMs: database.statementTimeoutMs, name: "xnovu-worker" };
  const pool: Pool = createPool({
    ...connection,
    poolSize: database.poolSize,
    onIdleError: (error) => log.warn({ error: error.message }, "an idle database connection broke"),
  });
  const claims = createClaims(pool);
  const outbox = createDelivery(pool);
  const inFlight = createInFlight(maxClaimsInFlight);
  const progress = createProgress();
  const [concurrency, eventsPerCall] = [parts.concurrency ?? callsPerClaim, parts.eventsPerCall ?? maxEventsPerCall];
  const pace = createPace(concurrency, eventsPerCall);
  const sizeOf = () => createClaimSize(worker.batchSize, worker.claimMax, pace.rows);
  const sizes = { new: sizeOf(), failed: sizeOf(), scheduled: sizeOf(), sweep: sizeOf() };
  const draining = new AbortController();
  const state = {
    counts: undefined as Counts | undefined,
    pendingMigrations: undefined as number | undefined,
    /** Starts a workflow for a claim by itself; undefined while Temporal is away. */
    start: undefined as StartClaim | undefined,
    lastSettledAt: null as string | null,
    accepting: true,
  };

  const board = createBoard((name, part) => {
    if (part.state === "down") log.warn({ part: name, error: part.error }, "a part is down");
    else log.info({ part: name, state: part.state }, `${name} is ${part.state}`);
  });
  const shared = createGate(pool);
  const port: GatePort = {
    ...shared,
    trip(...told) {
      metrics.tripped();
      return shared.trip(...told);
    },
  };
  const gate = createGateView(port, (seen) => breaker.seen(seen));
  const breaker = createBreaker(port, (changed) => {
    gate.see(changed);
    if (changed.closedMs <= 0) return log.info("sending goes on");
    const { reason, closedMs, needsPerson } = changed;
    log[needsPerson ? "error" : "warn"](
      { reason, ms: closedMs },
      needsPerson ? "sending is paused until someone acts" : "sending is paused",
    );
  });
  const lane = createLane({
    draining: draining.signal,
    settled: () => inFlight.settled(new AbortController().signal),
    onChange: (open) => board.set("lane", open ? "up" : "starting"),
  });
  const metrics = workerMetrics(settings, { pool, state, board, gate, lane, inFlight });

  const deps: DeliverDeps = {
    outbox,
    novu: parts.novu ?? createNovu({ ...settings.novu, onRequest: (status, ms) => metrics.requested(status, ms) }),
    leaseMs: worker.leaseMs,
    retry: { baseMs: worker.retryBaseMs, maxMs: worker.retryMaxMs },
    concurrency,
    eventsPerCall,
    draining: draining.signal,
    mayCall: gate.mayCall,
    isTransient: isDatabaseAway,
    async onCall(end, ms, events) {
      metrics.called(end.kind, ms, events);
      pace.called(ms);
      if (end.kind === "retry" && end.keepBatch) for (const size of Object.values(sizes)) size.trouble();
      await breaker.ended(end).catch((error: unknown) => {
        // Postgres is away: the claims, which need it as well, stop by themselves.
        log.warn({ error: messageOf(error) }, "the sending gate could not be written");
      });
    },
    onSettled(result) {
      state.lastSettledAt = new Date().toISOString();
      for (const outcome of ["sent", "failed", "dead", "released"] as const) metrics.settled(outcome, result[outcome]);
      metrics.leaseLost(result.leaseLost);
    },
  };
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
        alone || state.start === undefined ? [] : claim.rows.filter((row) => row.recipients.length > fanOutFrom);
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
    const own = await outbox.handOver(token, [id], worker.leaseMs);
    if (own === undefined) return;
    const workflowId = claimWorkflowId(own);
    const handedOver = tracing?.handOver(row, workflowId);
    const started = state.start?.(own) ?? Promise.reject(new Error("Temporal is away"));
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
      const [rows] = await Promise.all([outbox.adopt(token, worker.leaseMs, again), gate.refresh()]);
      const beat = progress.begin();
      return await deliverWatched({ token, rows }, claimWorkflowId(token), signal, beat).finally(beat.end);
    });

  const loops = createLoops({
    claims,
    owner,
    settings: worker,
    sizes,
    inFlight,
    gate,
    lane,
    schemaIsCurrent: () => state.pendingMigrations === 0,
    deliverClaim,
    trialMs: settings.novu.timeoutMs + trialMarginMs,
    board,
    metrics,
  });
  const recover = async (gone: string) => {
    const result = await claims.expire(gone);
    metrics.recovered(result.gone);
    if (result.rows > 0) loops.sweep.recovered();
    log.warn(
      { worker: gone, ...result },
      result.gone ? "a worker went silent: its leases are ended" : "a worker lost touch with Temporal",
    );
    return result;
  };

  return {
    ...{ owner, pool, connection, claims, gate, inFlight, progress, draining, state, board, metrics, lane, loops },
    ...{ deliverToken, recover, temporal },
  };
}

export type Wired = ReturnType<typeof wire>;
