import { Counter, Histogram, type Registry } from "prom-client";
import { type OutcomeKind, outcomeKinds } from "../../../core/delivery.ts";

export interface NovuMetrics {
  /** A planned call ended; its halves are part of it. */
  called(result: OutcomeKind, ms: number, events: number): void;
  /** One HTTP request; `status` is undefined when no response came. */
  requested(status: number | undefined, ms: number): void;
  /** This worker opened the circuit breaker. */
  breakerOpened(): void;
}

/** Statuses with a label of their own, since they have a rule in novu/policy.ts. Every other status counts by its class. */
const named = new Set([400, 401, 402, 403, 404, 405, 409, 422, 429]);
export const statusLabels = [...[...named].map(String), "2xx", "3xx", "4xx", "5xx", "other", "none"] as const;

/** Bounded: every status becomes one of `statusLabels`. */
export function statusLabel(status: number | undefined): string {
  if (status === undefined) return "none";
  if (named.has(status)) return String(status);
  return status >= 200 && status < 600 ? `${Math.floor(status / 100)}xx` : "other";
}

export function novuMetrics(registry: Registry): NovuMetrics {
  const registers = [registry];
  const calls = new Counter({
    name: "xnovu_novu_calls_total",
    help: "Bulk calls to Novu, by result: sent, failed (retried), dead (refused) or released (Novu paused sending). A call that was split counts once.",
    labelNames: ["result"],
    registers,
  });
  const events = new Counter({
    name: "xnovu_novu_events_total",
    help: "Events in the bulk calls to Novu, by the result of the call.",
    labelNames: ["result"],
    registers,
  });
  const requests = new Histogram({
    name: "xnovu_novu_request_duration_seconds",
    help: "HTTP requests to Novu, by status (none: no response).",
    labelNames: ["status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const breakerOpens = new Counter({
    name: "xnovu_breaker_opened_total",
    help: "How often this worker opened the circuit breaker that all workers share.",
    registers,
  });
  for (const status of statusLabels) requests.zero({ status });
  for (const result of outcomeKinds) {
    calls.inc({ result }, 0);
    events.inc({ result }, 0);
  }
  return {
    called(result, _ms, count) {
      calls.inc({ result });
      events.inc({ result }, count);
    },
    requested: (status, ms) => requests.observe({ status: statusLabel(status) }, ms / 1000),
    breakerOpened: () => breakerOpens.inc(),
  };
}
