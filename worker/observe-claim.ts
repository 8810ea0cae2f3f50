import { type Claim, type Outcome, outcomeKinds, type Settlement, type SettleResult } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ClaimedNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { ClaimTrace, TracingPort } from "../core/tracing/port.ts";
import type { Capacity } from "./capacity.ts";
import type { Breaker } from "./delivery/breaker.ts";
import type { DeliveryObserver } from "./delivery/observer.ts";
import type { WatchedDelivery } from "./delivery/watchdog.ts";
import type { Delivered } from "./http/metrics/deliveries.ts";
import type { Metrics } from "./http/metrics.ts";

/** Most ids that one log line names. */
const idsPerLine = 50;

export interface ObserverDeps {
  readonly breaker: Breaker;
  readonly capacity: Pick<Capacity, "throughput" | "sizes">;
  readonly state: { lastSettledAt: string | null };
  readonly metrics: Pick<Metrics, "called" | "settled" | "leaseLost" | "delivered">;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Absent where traces are off. */
  readonly tracing: Pick<TracingPort, "claim"> | undefined;
}

export interface ClaimObserver extends DeliveryObserver {
  /** The delivery ended, well or not. */
  end(): void;
}

/** `workflowId`: the Temporal workflow that the claim belongs to. Call it when the delivery starts. */
export type ObserveClaim = (claim: Claim, workflowId: string, watched: WatchedDelivery) => ClaimObserver;

/** Connects a delivery to breaker, batch size, watchdog, metrics, traces and log. */
export function createClaimObserver(deps: ObserverDeps, now = () => performance.now()): ObserveClaim {
  const { metrics, tracing } = deps;
  return (claim, workflowId, { progressed }) => {
    const claimedAt = now();
    const trace = claim.rows.length === 0 ? undefined : tracing?.claim(claim, workflowId);
    const byId = new Map(claim.rows.map((row) => [row.id, row]));
    const [failed, dead]: [string[], string[]] = [[], []];
    return {
      progressed,
      request: (events) => trace?.call(events),
      called: (outcome, ms, events) => called(deps, outcome, ms, events),
      written(settlements) {
        const tookMs = now() - claimedAt;
        const delivered: Delivered[] = [];
        for (const { id, kind } of settlements) {
          const row = byId.get(id);
          if (row === undefined) continue;
          delivered.push(deliveredOf(row, kind, tookMs));
          trace?.settled(id, kind);
          if (kind === "failed") failed.push(id);
          if (kind === "dead") dead.push(id);
        }
        metrics.delivered(delivered);
      },
      settled(result) {
        deps.state.lastSettledAt = new Date().toISOString();
        for (const kind of outcomeKinds) metrics.settled(kind, result[kind]);
        metrics.leaseLost(result.leaseLost);
        const ids = { claim: claim.token, workflowId, ...traceIds(claim, trace) };
        logSettled(deps.log, { ...ids, ...result, ...list("failedIds", failed), ...list("deadIds", dead) }, dead);
      },
      end: () => trace?.end(),
    };
  };
}

async function called(
  { metrics, capacity, breaker, log }: ObserverDeps,
  outcome: Outcome,
  ms: number,
  events: number,
): Promise<void> {
  metrics.called(outcome.kind, ms, events);
  capacity.throughput.called(ms);
  // No reply: Novu does not keep up.
  if (outcome.kind === "failed" && outcome.keepBatch) for (const size of Object.values(capacity.sizes)) size.shrink();
  await breaker.called(outcome).catch((error: unknown) => {
    // Postgres is away. No claim works without it, so the loops stop on their own.
    log.warn({ error: messageOf(error) }, "the sending pause could not be written");
  });
}

const deliveredOf = (
  { workflow, attempts, waitedMs }: ClaimedNotification,
  outcome: Settlement["kind"],
  tookMs: number,
): Delivered => ({
  workflow,
  outcome,
  attempt: attempts,
  tookMs,
  sinceDueMs: waitedMs === undefined ? undefined : waitedMs + tookMs,
});

/** One line for each claim. Dead letters wait for an operator, so they are a warning. */
function logSettled(log: ObserverDeps["log"], line: SettleResult & Record<string, unknown>, dead: readonly string[]) {
  log[dead.length > 0 ? "warn" : "info"](line, "a claim was delivered");
}

/** The claim's own trace, its notifications, and each trace of their producers once. */
function traceIds({ rows }: Claim, trace: ClaimTrace | undefined) {
  const producers = new Set(rows.flatMap(({ traceparent }) => (traceparent && traceIdOf(traceparent)) || []));
  return {
    ...(trace === undefined ? {} : { trace_id: trace.traceId }),
    notifications: firstIds(rows.map(({ id }) => id)),
    ...list("traceIds", [...producers]),
  };
}

/** The first ids and the number of the others, so that the line stays short. The timeline of each row has the rest. */
const firstIds = (ids: readonly string[]): string[] =>
  ids.length <= idsPerLine ? [...ids] : [...ids.slice(0, idsPerLine), `and ${ids.length - idsPerLine} more`];

const list = (name: string, ids: readonly string[]) => (ids.length === 0 ? {} : { [name]: firstIds(ids) });
