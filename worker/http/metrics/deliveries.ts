import { Counter, Histogram, type Registry } from "prom-client";

export type Outcome = "sent" | "failed" | "dead" | "released";

/** One notification whose outcome was written. */
export interface Delivered {
  readonly workflow: string;
  readonly outcome: Outcome;
  /** The attempt that ended so, from 1. */
  readonly attempt: number;
  /** Milliseconds from its claim to the write. */
  readonly tookMs: number;
  /** Milliseconds from when it was due to the write. */
  readonly sinceDueMs?: number | undefined;
}

export interface DeliveryMetrics {
  settled(outcome: Outcome, count: number): void;
  delivered(notifications: readonly Delivered[]): void;
  leaseLost(count: number): void;
  /** A worker went silent and was looked after by this one: `gone`, or it lives and only lost touch with Temporal. */
  recovered(gone: boolean): void;
}

const outcomes = ["sent", "failed", "dead", "released"] as const;

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
  for (const outcome of outcomes) {
    settled.inc({ outcome }, 0);
    delivery.zero({ outcome });
    for (const workflow of known.keys()) byWorkflow.inc({ ...labelsOf(workflow), outcome }, 0);
  }
  const durations = {
    sent: delivery.labels({ outcome: "sent" }),
    failed: delivery.labels({ outcome: "failed" }),
    dead: delivery.labels({ outcome: "dead" }),
    released: delivery.labels({ outcome: "released" }),
  } satisfies Record<Outcome, unknown>;
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
      for (const outcome of outcomes)
        for (const [workflow, count] of countsOf(notifications, outcome))
          byWorkflow.inc({ ...labelsOf(workflow), outcome }, count);
    },
  };
}

/** How many of each workflow ended so: one write holds many of few workflows, and each step of a counter has its price. */
function countsOf(notifications: readonly Delivered[], outcome: Outcome): ReadonlyMap<string, number> {
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
      help: "Notifications whose delivery ended, by outcome; `failed` ones are tried again.",
      labelNames: ["outcome"],
      registers,
    }),
    byWorkflow: new Counter({
      name: "xnovu_workflow_notifications_total",
      help: "The same by workflow and its channel; without those that the rescue made dead letters, and those written after a lease was lost.",
      labelNames: ["workflow", "channel", "outcome"],
      registers,
    }),
    lost: new Counter({
      name: "xnovu_lease_lost_total",
      help: "Late writes that changed nothing because the claim was taken over.",
      registers,
    }),
    recovered: new Counter({
      name: "xnovu_worker_recoveries_total",
      help: "Workers that went silent and were looked after by this one: gone, or alive after all.",
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
      help: "From the claim of a notification until its outcome was written, by outcome.",
      labelNames: ["outcome"],
      buckets: seconds.delivery,
      registers,
    }),
    endToEnd: new Histogram({
      name: "xnovu_end_to_end_duration_seconds",
      help: "From when a notification was due (its schedule, or its insert) until it was SENT, waits between attempts included.",
      buckets: seconds.endToEnd,
      registers,
    }),
    attempts: new Histogram({
      name: "xnovu_delivery_attempts",
      help: "Attempts that a notification took until it was SENT or DEAD.",
      buckets: [1, 2, 3, 5, 8, 13],
      registers,
    }),
  };
}
