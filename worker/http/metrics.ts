import { collectDefaultMetrics, Registry } from "prom-client";
import { addBuild, type Build } from "./metrics/build.ts";
import { type DeliveryMetrics, deliveryMetrics } from "./metrics/deliveries.ts";
import { deprecatedMetrics } from "./metrics/deprecated.ts";
import { addGauges, type Readings } from "./metrics/gauges.ts";
import { type NovuMetrics, novuMetrics } from "./metrics/novu.ts";
import { type PollingMetrics, pollingMetrics } from "./metrics/polling.ts";

/** The worker's Prometheus metrics. Components call the recorders; gauges are read at each scrape. */
export interface Metrics extends DeliveryMetrics, NovuMetrics, PollingMetrics {
  readonly registry: Registry;
}

export type { Readings };

export interface MetricsOptions {
  readonly readings: Readings;
  readonly build: Build;
  /** The channel of each workflow with a label of its own. Every other workflow counts as `other`. */
  readonly channels: Readonly<Record<string, string>>;
  /** Milliseconds between two polls, by loop. */
  readonly intervals: Readonly<Record<string, number>>;
}

/** Every series that a rule or a dashboard reads exists from the start, at 0: a rate misses the first increment of a series that appears with it. */
export function createMetrics({ readings, build, channels, intervals }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges with names of counters, which promtool refuses. Their counts by type stay.
  for (const name of ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"])
    registry.removeSingleMetric(name);
  addBuild(registry, build);
  addGauges(registry, readings);
  const novu = novuMetrics(registry);
  const deprecated = deprecatedMetrics(registry, readings);
  return {
    registry,
    ...deliveryMetrics(registry, channels),
    ...novu,
    ...pollingMetrics(registry, intervals),
    breakerOpened() {
      novu.breakerOpened();
      deprecated.breakerOpened();
    },
  };
}
