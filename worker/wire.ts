import { hostname } from "node:os";
import type { Settings } from "../core/config/variables.ts";
import type { NovuPort, SettleResult } from "../core/delivery.ts";
import type { Logger } from "../core/log.ts";
import { createOccurrence } from "../core/time.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { createNovu } from "../novu/client.ts";
import { type Capacity, createCapacity } from "./capacity.ts";
import { connectDatabase, type Database } from "./connect-database.ts";
import { isDatabaseAway } from "./database-away.ts";
import { createDeliveries, type Deliveries, type DeliveriesOptions } from "./deliver-claims.ts";
import { type Breaker, createBreaker } from "./delivery/breaker.ts";
import type { DeliverDeps } from "./delivery/deliver.ts";
import { createSession, type WorkerSession } from "./delivery/session.ts";
import { createWatchdog, type Watchdog } from "./delivery/watchdog.ts";
import { createFanOut } from "./fan-out.ts";
import type { Metrics } from "./http/metrics.ts";
import { type ComponentStatus, createComponentStatus } from "./lifecycle/component-status.ts";
import { createPauseView, type PauseView } from "./lifecycle/sending-pause.ts";
import { createClaimObserver } from "./observe-claim.ts";
import { claimPermission } from "./poll/claim-permission.ts";
import { createLoops, type Loops } from "./polling-loops.ts";
import { type Recovery, recoverWorker } from "./recover-worker.ts";
import { workerMetrics } from "./worker-metrics.ts";
import { createWorkerState, type WorkerState } from "./worker-state.ts";

export type WorkerSettings = Pick<Settings, "general" | "novu" | "database" | "temporal" | "worker">;

/** Milliseconds beyond a call's own time limit after which a probe counts as lost. */
const probeMarginMs = 5_000;

/** What does not follow from the settings, and what a benchmark replaces. */
export interface Overrides {
  /** Absent: traces are off. */
  readonly tracing?: TracingPort | undefined;
  readonly novu?: NovuPort;
  readonly eventsPerCall?: number;
  readonly concurrency?: number;
}

/** What the Temporal workers of this process run. */
export interface SessionWork {
  readonly session: WorkerSession;
  readonly deliver: (token: string, again: boolean, signal: AbortSignal) => Promise<SettleResult>;
  readonly recover: (owner: string) => Promise<Recovery>;
}

/** One worker process, wired but not running. */
export interface Wired {
  /** Name of this worker process. */
  readonly owner: string;
  readonly database: Database;
  readonly state: WorkerState;
  readonly components: ComponentStatus;
  readonly sendingPause: PauseView;
  readonly metrics: Metrics;
  readonly loops: Loops;
  readonly work: SessionWork;
  readonly deliveries: {
    readonly inFlight: Capacity["inFlight"];
    readonly watchdog: Watchdog;
    /** Abort it to stop: calls under way end, the other rows are released. */
    readonly draining: AbortController;
  };
}

export function wire(settings: WorkerSettings, log: Logger, overrides: Overrides = {}): Wired {
  const owner = `${hostname()}-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  const database = connectDatabase(settings.database, log);
  const capacity = createCapacity(settings.worker, overrides);
  const { inFlight } = capacity;
  const draining = new AbortController();
  const watchdog = createWatchdog();
  const components = loggedComponents(log);
  const mayClaimChanged = createOccurrence();
  const state = createWorkerState(mayClaimChanged.fire);
  const sendingPause = createPauseView(database.sendingPause, mayClaimChanged.fire);
  const session = createSession({
    draining: draining.signal,
    settled: () => inFlight.settled(new AbortController().signal),
    onChange(open) {
      components.set("session", open ? "up" : "starting");
      mayClaimChanged.fire();
    },
  });
  const metrics = workerMetrics(settings, { pool: database.pool, state, components, sendingPause, session, inFlight });
  const context = { owner, settings, log, overrides, database, capacity, state, components, sendingPause, metrics };
  const deliveries = wireDeliveries(context, draining.signal, watchdog);
  const allowed = claimPermission({
    msUntilClaim: sendingPause.msUntilClaim,
    sessionIsOpen: session.isOpen,
    schemaIsCurrent: () => state.pendingMigrations === 0,
    changed: mayClaimChanged,
  });
  const loops = wireLoops(context, deliveries, allowed);
  const recover = (gone: string) => recoverWorker(gone, { claims: database.claims, metrics, loops, log });
  return {
    ...{ owner, database, state, components, sendingPause, metrics, loops },
    work: { session, deliver: deliveries.deliverToken, recover },
    deliveries: { inFlight, watchdog, draining },
  };
}

/** What the deliveries and the loops share. */
interface Context extends Pick<Wired, "owner" | "database" | "state" | "components" | "sendingPause" | "metrics"> {
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly overrides: Overrides;
  readonly capacity: Capacity;
}

function loggedComponents(log: Logger): ComponentStatus {
  return createComponentStatus((component, { state, error }) => {
    if (state === "down") log.warn({ component, error }, "a component is down");
    else log.info({ component, state }, `${component} is ${state}`);
  });
}

/** The breaker counts the calls of this worker; the sending pause in the database holds its state for all workers. */
function wireBreaker({ database, sendingPause, metrics, log }: Context): Breaker {
  return createBreaker({
    port: database.sendingPause,
    isOpen: sendingPause.mustProbe,
    onOpen: metrics.breakerOpened,
    onChange(changed) {
      sendingPause.update(changed);
      const { pausedMs, reason, needsPerson } = changed;
      if (pausedMs <= 0) return log.info("sending resumes");
      if (needsPerson) log.error({ reason, ms: pausedMs }, "sending is paused until an operator acts");
      else log.warn({ reason, ms: pausedMs }, "sending is paused");
    },
  });
}

function wireDeliveries(context: Context, draining: AbortSignal, watchdog: Watchdog): Deliveries {
  const { owner, settings, log, overrides, database, capacity, state, sendingPause, metrics } = context;
  const { leaseMs, retryBaseMs: baseMs, retryMaxMs: maxMs } = settings.worker;
  const { inFlight, throughput, concurrency, eventsPerCall } = capacity;
  const deps: DeliverDeps = {
    outbox: database.delivery,
    novu: overrides.novu ?? createNovu({ ...settings.novu, onRequest: metrics.requested }),
    limits: { leaseMs, retry: { baseMs, maxMs }, concurrency, eventsPerCall },
    draining,
    isTransient: isDatabaseAway,
  };
  const { tracing } = overrides;
  const observed: DeliveriesOptions = {
    ...{ owner, deps, inFlight, sendingPause, watchdog, throughput },
    endProbe: database.sendingPause.endProbe,
    observe: createClaimObserver({ breaker: wireBreaker(context), capacity, state, metrics, log, tracing }),
    fanOut: createFanOut({
      ...{ outbox: database.delivery, claims: database.claims, leaseMs, tracing, log },
      startClaim: () => state.startClaim,
    }),
  };
  return createDeliveries(observed, log);
}

function wireLoops(context: Context, { deliverClaim }: Deliveries, allowed: (signal: AbortSignal) => Promise<void>) {
  const { owner, settings, database, capacity, components, sendingPause, metrics } = context;
  return createLoops({
    ...{ owner, settings: settings.worker, claims: database.claims, capacity, components, metrics, allowed },
    probe: {
      required: sendingPause.mustProbe,
      lostAfterMs: settings.novu.timeoutMs + probeMarginMs,
      onHeld: sendingPause.refresh,
    },
    deliver: deliverClaim,
  });
}
