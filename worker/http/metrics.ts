import { collectDefaultMetrics, Registry } from "prom-client";
import { addBuild, type Build } from "./metrics/build.ts";
import { type DeliveryMetrics, deliveryMetrics } from "./metrics/deliveries.ts";
import { addGauges, type Readings } from "./metrics/gauges.ts";
import { type NovuMetrics, novuMetrics } from "./metrics/novu.ts";
import { type PollingMetrics, pollingMetrics } from "./metrics/polling.ts";

/** The worker's Prometheus metrics. Recorders are called by the parts; gauges are read when they are scraped. */
export interface Metrics extends DeliveryMetrics, NovuMetrics, PollingMetrics {
  readonly registry: Registry;
}

export type { Readings };

export interface MetricsOptions {
  readonly readings: Readings;
  readonly build: Build;
  /** The channel of each workflow that gets a label of its own; every other one counts as `other`. */
  readonly channels: Readonly<Record<string, string>>;
  /** Milliseconds between two turns of a loop, by loop. */
  readonly intervals: Readonly<Record<string, number>>;
}

/** Every series that a rule or a dashboard reads is there from the start, at 0: a rate over a series that appears with its first incident misses it. */
export function createMetrics({ readings, build, channels, intervals }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges whose names end like counters, which promtool refuses; the same counts by type stay.
  for (const name of ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"])
    registry.removeSingleMetric(name);
  addBuild(registry, build);
  addGauges(registry, readings);
  return {
    registry,
    ...deliveryMetrics(registry, channels),
    ...novuMetrics(registry),
    ...pollingMetrics(registry, intervals),
  };
}
