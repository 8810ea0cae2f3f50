import { Counter, Gauge, type Registry } from "prom-client";

/** Why sending is paused: an operator must act, Novu limits the rate, or the circuit breaker is open. */
export const pauseReasons = ["operator", "rate_limit", "breaker"] as const;
export type PauseReason = (typeof pauseReasons)[number];

export const breakerStates = ["closed", "open", "half_open"] as const;
export type BreakerState = (typeof breakerStates)[number];

/** What the gauges read at each scrape. */
export interface Readings {
  /** Rows by state; undefined while the database is away. */
  readonly rows: () => Readonly<Record<string, number>> | undefined;
  readonly oldestDueMs: () => number | undefined;
  readonly components: () => Readonly<Record<string, { readonly up: boolean; readonly restarts: number }>>;
  readonly inFlight: () => number;
  /** Undefined while sending is not paused. */
  readonly paused: () => PauseReason | undefined;
  readonly breakerState: () => BreakerState;
  readonly sessionOpen: () => boolean;
  readonly pool: () => {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
    readonly max: number;
  };
  /** Undefined until the database is checked. */
  readonly pendingMigrations: () => number | undefined;
}

/** Gauges that are read at each scrape. While a value is unknown, its series is absent: a 0 would look healthy. */
export function addGauges(registry: Registry, readings: Readings): void {
  const { oldestDueMs, pool } = readings;
  const add = (name: string, help: string, read: () => number | undefined) => addGauge(registry, name, help, read);
  addLabelled(registry, readings);
  add("xnovu_oldest_due_seconds", "How long the oldest due notification has waited.", () => {
    const ms = oldestDueMs();
    return ms === undefined ? undefined : ms / 1000;
  });
  add("xnovu_claims_in_flight", "Claims that this worker delivers at the moment.", readings.inFlight);
  add("xnovu_sending_paused", "1 while sending is paused, for all workers.", () =>
    readings.paused() === undefined ? 0 : 1,
  );
  add(
    "xnovu_worker_session_open",
    "1 while Temporal holds this worker's session open, so that it claims and sends.",
    () => (readings.sessionOpen() ? 1 : 0),
  );
  add("xnovu_schema_pending_migrations", "Migrations that the database lacks.", readings.pendingMigrations);
  add("xnovu_database_connections", "Open connections to Postgres.", () => pool().total);
  add("xnovu_database_connections_idle", "Idle connections to Postgres.", () => pool().idle);
  add("xnovu_database_connections_max", "Most connections to Postgres.", () => pool().max);
  add("xnovu_database_waiting_queries", "Queries that wait for a connection.", () => pool().waiting);
}

/** A gauge without labels. Its series is absent while `read` returns undefined. */
export function addGauge(registry: Registry, name: string, help: string, read: () => number | undefined): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

function addLabelled(registry: Registry, { rows, components, paused, breakerState }: Readings): void {
  const registers = [registry];
  new Gauge({
    name: "xnovu_waiting_notifications",
    help: "Notifications that are not finished, by what they wait for; counted up to 10,001.",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(rows() ?? {})) this.set({ state }, count);
    },
  });
  addComponents(registry, components);
  addStates(registry, {
    name: "xnovu_sending_paused_by_reason",
    help: "1 while sending is paused for this reason: an operator must act, Novu limits the rate, or the breaker is open.",
    label: "reason",
    values: pauseReasons,
    read: paused,
  });
  addStates(registry, {
    name: "xnovu_breaker_state",
    help: "1 for the state of the circuit breaker: closed, open (sending is paused) or half_open (one call probes Novu).",
    label: "state",
    values: breakerStates,
    read: breakerState,
  });
}

function addComponents(registry: Registry, read: Readings["components"]): void {
  const [labelNames, registers] = [["component"], [registry]];
  new Gauge({
    name: "xnovu_component_up",
    help: "1 while a component of the worker (database, temporal, listener, a loop) is up.",
    labelNames,
    registers,
    collect() {
      for (const [component, { up }] of Object.entries(read())) this.set({ component }, up ? 1 : 0);
    },
  });
  new Counter({
    name: "xnovu_component_restarts_total",
    help: "Restarts of the worker's components by their supervisor.",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const [component, { restarts }] of Object.entries(read())) this.inc({ component }, restarts);
    },
  });
}

interface States<T extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly values: readonly T[];
  /** The value whose series is 1; undefined for none. */
  readonly read: () => T | undefined;
}

/** One series for each value: 1 for the current one, 0 for the others. */
export function addStates<T extends string>(registry: Registry, { name, help, label, values, read }: States<T>): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      const now = read();
      for (const value of values) this.set({ [label]: value }, value === now ? 1 : 0);
    },
  });
}
