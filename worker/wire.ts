import { hostname } from "node:os";
import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import type { NovuPort, SendingPausePort } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { createNovu } from "../novu/client.ts";
import { createClaims } from "../outbox/claims.ts";
import type { Counts } from "../outbox/counts.ts";
import { createDelivery } from "../outbox/delivery.ts";
import { createPool } from "../outbox/pool.ts";
import { createSendingPause } from "../outbox/sending-pause.ts";
import { isDatabaseAway } from "./database-away.ts";
import { createBreaker } from "./delivery/breaker.ts";
import type { DeliverDeps } from "./delivery/deliver.ts";
import { maxEventsPerCall } from "./delivery/plan-calls.ts";
import { createSession } from "./delivery/session.ts";
import { createWatchdog } from "./delivery/watchdog.ts";
import { createComponentStatus } from "./lifecycle/component-status.ts";
import { createPauseView } from "./lifecycle/sending-pause.ts";
import { createClaimSize } from "./poll/claim-size.ts";
import { createInFlight } from "./poll/in-flight.ts";
import { createThroughput } from "./poll/throughput.ts";
import type { StartClaim } from "./temporal/temporal-workers.ts";
import { createDeliveries } from "./wire-delivery.ts";
import { createLoops } from "./wire-loops.ts";
import { workerMetrics } from "./wire-metrics.ts";

export type WorkerSettings = Pick<Settings, "general" | "novu" | "database" | "temporal" | "worker">;

/** Claims that one worker has under way: enough that Postgres and Novu work at the same time, few enough that a stop leaves little behind. */
export const maxClaimsInFlight = 3;
export const callsPerClaim = 4;
/** Milliseconds beyond a call's own limit until the probe after a trip of the breaker counts as lost. */
const probeMarginMs = 5_000;

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
  const progress = createWatchdog();
  const [concurrency, eventsPerCall] = [parts.concurrency ?? callsPerClaim, parts.eventsPerCall ?? maxEventsPerCall];
  const throughput = createThroughput(concurrency, eventsPerCall);
  const sizeOf = () => createClaimSize(worker.batchSize, worker.claimMax, throughput.rows);
  const sizes = { new: sizeOf(), failed: sizeOf(), scheduled: sizeOf(), rescue: sizeOf() };
  const draining = new AbortController();
  const state = {
    counts: undefined as Counts | undefined,
    pendingMigrations: undefined as number | undefined,
    /** Starts a workflow for a claim by itself; undefined while Temporal is away. */
    start: undefined as StartClaim | undefined,
    lastSettledAt: null as string | null,
    accepting: true,
  };

  const components = createComponentStatus((name, part) => {
    if (part.state === "down") log.warn({ part: name, error: part.error }, "a part is down");
    else log.info({ part: name, state: part.state }, `${name} is ${part.state}`);
  });
  const shared = createSendingPause(pool);
  const port: SendingPausePort = {
    ...shared,
    openBreaker(...args) {
      metrics.breakerOpened();
      return shared.openBreaker(...args);
    },
  };
  const sendingPause = createPauseView(port, (seen) => breaker.seen(seen));
  const breaker = createBreaker(port, (changed) => {
    sendingPause.see(changed);
    if (changed.pausedMs <= 0) return log.info("sending goes on");
    const { reason, pausedMs, needsPerson } = changed;
    log[needsPerson ? "error" : "warn"](
      { reason, ms: pausedMs },
      needsPerson ? "sending is paused until someone acts" : "sending is paused",
    );
  });
  const session = createSession({
    draining: draining.signal,
    settled: () => inFlight.settled(new AbortController().signal),
    onChange: (open) => components.set("session", open ? "up" : "starting"),
  });
  const metrics = workerMetrics(settings, { pool, state, components, sendingPause, session, inFlight });

  const deps: DeliverDeps = {
    outbox,
    novu: parts.novu ?? createNovu({ ...settings.novu, onRequest: (status, ms) => metrics.requested(status, ms) }),
    leaseMs: worker.leaseMs,
    retry: { baseMs: worker.retryBaseMs, maxMs: worker.retryMaxMs },
    concurrency,
    eventsPerCall,
    draining: draining.signal,
    mayCall: sendingPause.mayCall,
    isTransient: isDatabaseAway,
    async onCall(end, ms, events) {
      metrics.called(end.kind, ms, events);
      throughput.called(ms);
      if (end.kind === "retry" && end.keepBatch) for (const size of Object.values(sizes)) size.trouble();
      await breaker.ended(end).catch((error: unknown) => {
        // Postgres is away: the claims, which need it as well, stop by themselves.
        log.warn({ error: messageOf(error) }, "the sending pause could not be written");
      });
    },
    onSettled(result) {
      state.lastSettledAt = new Date().toISOString();
      for (const outcome of ["sent", "failed", "dead", "released"] as const) metrics.settled(outcome, result[outcome]);
      metrics.leaseLost(result.leaseLost);
    },
  };
  const { deliverClaim, deliverToken } = createDeliveries({
    ...{ owner, deps, outbox, claims, inFlight, sendingPause, shared, progress, throughput, metrics, log, tracing },
    startClaim: () => state.start,
  });

  const loops = createLoops({
    claims,
    owner,
    settings: worker,
    sizes,
    inFlight,
    sendingPause,
    session,
    schemaIsCurrent: () => state.pendingMigrations === 0,
    deliverClaim,
    probeMs: settings.novu.timeoutMs + probeMarginMs,
    components,
    metrics,
  });
  const recover = async (gone: string) => {
    const result = await claims.expire(gone);
    metrics.recovered(result.gone);
    if (result.rows > 0) loops.rescue.recovered();
    log.warn(
      { worker: gone, ...result },
      result.gone ? "a worker went silent: its leases are ended" : "a worker lost touch with Temporal",
    );
    return result;
  };

  return {
    ...{
      owner,
      pool,
      connection,
      claims,
      sendingPause,
      inFlight,
      progress,
      draining,
      state,
      components,
      metrics,
      session,
      loops,
    },
    ...{ deliverToken, recover, temporal },
  };
}

export type Wired = ReturnType<typeof wire>;
