// Metrics under the names of release 0.1. They stay for one release, so that dashboards and alerts of users can move to the new names.
import { Counter, Gauge, type Registry } from "prom-client";
import { addGauge, addStates, type PauseReason, type Readings } from "./gauges.ts";

const oldReasons = { operator: "person", rate_limit: "rate", breaker: "circuit" } as const satisfies Record<
  PauseReason,
  string
>;

/** Registers the old metrics. The counter of the breaker has no reading, so `breakerOpened` increments it. */
export function deprecatedMetrics(registry: Registry, readings: Readings): { breakerOpened(): void } {
  const { paused, breakerState, sessionOpen, components } = readings;
  const registers = [registry];
  addStates(registry, {
    name: "xnovu_sending_gate_closed",
    help: "Deprecated: use xnovu_sending_paused_by_reason.",
    label: "reason",
    values: Object.values(oldReasons),
    read() {
      const reason = paused();
      return reason && oldReasons[reason];
    },
  });
  addGauge(registry, "xnovu_circuit_open", 'Deprecated: use xnovu_breaker_state{state!="closed"}.', () =>
    breakerState() === "closed" ? 0 : 1,
  );
  addGauge(registry, "xnovu_lane_open", "Deprecated: use xnovu_worker_session_open.", () => (sessionOpen() ? 1 : 0));
  new Gauge({
    name: "xnovu_part_up",
    help: "Deprecated: use xnovu_component_up.",
    labelNames: ["part"],
    registers,
    collect() {
      for (const [part, { up }] of Object.entries(components())) this.set({ part }, up ? 1 : 0);
    },
  });
  new Counter({
    name: "xnovu_part_restarts_total",
    help: "Deprecated: use xnovu_component_restarts_total.",
    labelNames: ["part"],
    registers,
    collect() {
      this.reset();
      for (const [part, { restarts }] of Object.entries(components())) this.inc({ part }, restarts);
    },
  });
  const opened = new Counter({
    name: "xnovu_circuit_trips_total",
    help: "Deprecated: use xnovu_breaker_opened_total.",
    registers,
  });
  return { breakerOpened: () => opened.inc() };
}
