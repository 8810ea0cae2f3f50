import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The worker's Prometheus metrics. Recorders are called by the parts; gauges are read when they are scraped. */
export interface Metrics {
  readonly registry: Registry;
  settled(outcome: "sent" | "failed" | "dead" | "released", count: number): void;
  leaseLost(count: number): void;
  claimed(loop: string, count: number): void;
  polled(loop: string, result: string, ms: number): void;
  called(result: string, ms: number, events: number): void;
  restarted(part: string): void;
}

export interface Readings {
  /** Rows by what they wait for; undefined while the database is away. */
  readonly rows: () => Readonly<Record<string, number>> | undefined;
  readonly oldestDueMs: () => number | undefined;
  readonly partsUp: () => Readonly<Record<string, boolean>>;
  readonly inFlight: () => number;
  readonly paused: () => boolean;
}

export function createMetrics(readings: Readings): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges whose names end like counters, which promtool refuses; the same counts by type stay.
  for (const name of ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"])
    registry.removeSingleMetric(name);
  const registers = [registry];
  const settled = new Counter({
    name: "xnovu_notifications_total",
    help: "Notifications whose delivery ended, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const lost = new Counter({
    name: "xnovu_lease_lost_total",
    help: "Late writes that changed nothing because the claim was taken over.",
    registers,
  });
  const claimed = new Counter({
    name: "xnovu_claimed_notifications_total",
    help: "Notifications claimed, by loop.",
    labelNames: ["loop"],
    registers,
  });
  const polls = new Counter({
    name: "xnovu_polls_total",
    help: "Turns of the polling loops, by result.",
    labelNames: ["loop", "result"],
    registers,
  });
  const pollTime = new Histogram({
    name: "xnovu_poll_duration_seconds",
    help: "How long one turn of a polling loop took.",
    labelNames: ["loop"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15],
    registers,
  });
  const calls = new Counter({
    name: "xnovu_novu_calls_total",
    help: "Bulk calls to Novu, by result.",
    labelNames: ["result"],
    registers,
  });
  const events = new Counter({
    name: "xnovu_novu_events_total",
    help: "Events in the bulk calls to Novu, by the call's result.",
    labelNames: ["result"],
    registers,
  });
  const callTime = new Histogram({
    name: "xnovu_novu_call_duration_seconds",
    help: "How long one bulk call to Novu took.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const restarts = new Counter({
    name: "xnovu_part_restarts_total",
    help: "Restarts of the worker's parts by their supervisor.",
    labelNames: ["part"],
    registers,
  });
  addGauges(registry, readings);
  for (const outcome of ["sent", "failed", "dead", "released"]) settled.inc({ outcome }, 0);
  return {
    registry,
    settled: (outcome, count) => settled.inc({ outcome }, count),
    leaseLost: (count) => lost.inc(count),
    claimed: (loop, count) => claimed.inc({ loop }, count),
    polled(loop, result, ms) {
      polls.inc({ loop, result });
      pollTime.observe({ loop }, ms / 1000);
    },
    called(result, ms, count) {
      calls.inc({ result });
      events.inc({ result }, count);
      callTime.observe(ms / 1000);
    },
    restarted: (part) => restarts.inc({ part }),
  };
}

function addGauges(registry: Registry, { rows, oldestDueMs, partsUp, inFlight, paused }: Readings): void {
  const registers = [registry];
  new Gauge({
    name: "xnovu_waiting_notifications",
    help: "Notifications that are not finished, by what they wait for; counted to 10,001 at the most.",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(rows() ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "xnovu_oldest_due_seconds",
    help: "How long the oldest notification that is due has waited.",
    registers,
    collect() {
      this.set((oldestDueMs() ?? 0) / 1000);
    },
  });
  new Gauge({
    name: "xnovu_part_up",
    help: "1 while a part of the worker (database, temporal, listener, a loop) is up.",
    labelNames: ["part"],
    registers,
    collect() {
      for (const [part, up] of Object.entries(partsUp())) this.set({ part }, up ? 1 : 0);
    },
  });
  new Gauge({
    name: "xnovu_claims_in_flight",
    help: "Claims whose delivery was started by this worker and has not ended.",
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  new Gauge({
    name: "xnovu_sending_paused",
    help: "1 while sending waits because Novu refused the credentials or limited the rate.",
    registers,
    collect() {
      this.set(paused() ? 1 : 0);
    },
  });
}
