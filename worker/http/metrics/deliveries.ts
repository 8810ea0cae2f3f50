import { Counter, Histogram, type Registry } from "prom-client";
import { type OutcomeKind, outcomeKinds } from "../../../core/delivery.ts";

/** One notification whose outcome is written. */
export interface Delivered {
  readonly workflow: string;
  readonly outcome: OutcomeKind;
  /** The attempt that ended, from 1. */
  readonly attempt: number;
  /** Milliseconds from the claim to the write. */
  readonly tookMs: number;
  /** Milliseconds from the due time to the write. */
  readonly sinceDueMs?: number | undefined;
}

export interface DeliveryMetrics {
  settled(outcome: OutcomeKind, count: number): void;
  delivered(notifications: readonly Delivered[]): void;
  leaseLost(count: number): void;
  /** This worker recovered another one: `gone`, or alive without its connection to Temporal. */
  recovered(gone: boolean): void;
}

const seconds = {
  delivery: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  endToEnd: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400],
};

export function deliveryMetrics(registry: Registry, channels: Readonly<Record<string, string>>): DeliveryMetrics {
  const { settled, byWorkflow, lost, recovered } = counters(registry);
  const { delivery, endToEnd, attempts } = histograms(registry);
  const known = new Map(Object.entries({ ...channels, other: "other" }));
  const labelsOf = (workflow: string) => {
    const channel = known.get(workflow);
    return channel === undefined ? { workflow: "other", channel: "other" } : { workflow, channel };
  };
  for (const outcome of outcomeKinds) {
    settled.inc({ outcome }, 0);
    delivery.zero({ outcome });
    for (const workflow of known.keys()) byWorkflow.inc({ ...labelsOf(workflow), outcome }, 0);
  }
  const durations = {
    sent: delivery.labels({ outcome: "sent" }),
    failed: delivery.labels({ outcome: "failed" }),
    dead: delivery.labels({ outcome: "dead" }),
    released: delivery.labels({ outcome: "released" }),
  } satisfies Record<OutcomeKind, unknown>;
  for (const result of ["gone", "alive"]) recovered.inc({ result }, 0);
  return {
    settled: (outcome, count) => settled.inc({ outcome }, count),
    leaseLost: (count) => lost.inc(count),
    recovered: (gone) => recovered.inc({ result: gone ? "gone" : "alive" }),
    delivered(notifications) {
      for (const { outcome, attempt, tookMs, sinceDueMs } of notifications) {
        durations[outcome].observe(tookMs / 1000);
        if (outcome === "sent" || outcome === "dead") attempts.observe(attempt);
        if (outcome === "sent" && sinceDueMs !== undefined) endToEnd.observe(sinceDueMs / 1000);
      }
      for (const outcome of outcomeKinds)
        for (const [workflow, count] of countsOf(notifications, outcome))
          byWorkflow.inc({ ...labelsOf(workflow), outcome }, count);
    },
  };
}

/** Notifications with this outcome by workflow: one write holds many rows of few workflows, and each increment costs time. */
function countsOf(notifications: readonly Delivered[], outcome: OutcomeKind): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const notification of notifications)
    if (notification.outcome === outcome)
      counts.set(notification.workflow, (counts.get(notification.workflow) ?? 0) + 1);
  return counts;
}

function counters(registry: Registry) {
  const registers = [registry];
  return {
    settled: new Counter({
      name: "xnovu_notifications_total",
      help: "Notifications whose delivery ended, by outcome; `failed` ones are retried.",
      labelNames: ["outcome"],
      registers,
    }),
    byWorkflow: new Counter({
      name: "xnovu_workflow_notifications_total",
      help: "Notifications whose delivery ended, by workflow and channel; without those that the rescue loop dead-lettered or whose lease was lost.",
      labelNames: ["workflow", "channel", "outcome"],
      registers,
    }),
    lost: new Counter({
      name: "xnovu_lease_lost_total",
      help: "Rows whose outcome was not written, because another worker had taken them over.",
      registers,
    }),
    recovered: new Counter({
      name: "xnovu_worker_recoveries_total",
      help: "Workers without heartbeats that this worker recovered: gone, or alive without their connection to Temporal.",
      labelNames: ["result"],
      registers,
    }),
  };
}

function histograms(registry: Registry) {
  const registers = [registry];
  return {
    delivery: new Histogram({
      name: "xnovu_delivery_duration_seconds",
      help: "Time from the claim of a notification until its outcome was written, by outcome.",
      labelNames: ["outcome"],
      buckets: seconds.delivery,
      registers,
    }),
    endToEnd: new Histogram({
      name: "xnovu_end_to_end_duration_seconds",
      help: "Time from when a notification was due (its schedule, or its insert) until it was SENT, including the waits between attempts.",
      buckets: seconds.endToEnd,
      registers,
    }),
    attempts: new Histogram({
      name: "xnovu_delivery_attempts",
      help: "Attempts of a notification until it was SENT or DEAD.",
      buckets: [1, 2, 3, 5, 8, 13],
      registers,
    }),
  };
}
