import { Counter, Gauge, type Registry } from "prom-client";

/** Why nothing is sent: a person must act, Novu limits the rate, or it does not answer. */
export const pauseReasons = ["person", "rate", "circuit"] as const;
export type PauseReason = (typeof pauseReasons)[number];

export interface Readings {
  /** Rows by what they wait for; undefined while the database is away. */
  readonly rows: () => Readonly<Record<string, number>> | undefined;
  readonly oldestDueMs: () => number | undefined;
  readonly parts: () => Readonly<Record<string, { readonly up: boolean; readonly restarts: number }>>;
  readonly inFlight: () => number;
  /** Why sending is paused; undefined when it is not. */
  readonly paused: () => PauseReason | undefined;
  /** The circuit breaker tripped, and no call has succeeded since. */
  readonly circuitOpen: () => boolean;
  readonly sessionOpen: () => boolean;
  readonly pool: () => {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
    readonly max: number;
  };
  /** Undefined until the database was looked at. */
  readonly pendingMigrations: () => number | undefined;
}

/** Gauges that are read when they are scraped. One whose value is not known has no series then, rather than a 0 that looks well. */
export function addGauges(registry: Registry, readings: Readings): void {
  const add = (name: string, help: string, read: () => number | undefined) => {
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
  };
  const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
  addLabelled(registry, readings);
  add("xnovu_oldest_due_seconds", "How long the oldest notification that is due has waited.", () =>
    inSeconds(readings.oldestDueMs()),
  );
  add(
    "xnovu_claims_in_flight",
    "Claims whose delivery was started by this worker and has not ended.",
    readings.inFlight,
  );
  add("xnovu_sending_paused", "1 while the sending pause that all workers share is closed.", () =>
    readings.paused() === undefined ? 0 : 1,
  );
  add("xnovu_circuit_open", "1 from a trip of the circuit breaker until a call to Novu succeeds.", () =>
    readings.circuitOpen() ? 1 : 0,
  );
  add(
    "xnovu_worker_session_open",
    "1 while Temporal holds this worker's session open, so that it may claim and send.",
    () => (readings.sessionOpen() ? 1 : 0),
  );
  add("xnovu_schema_pending_migrations", "Migrations that the database lacks.", readings.pendingMigrations);
  add("xnovu_database_connections", "Connections to Postgres that are open.", () => readings.pool().total);
  add("xnovu_database_connections_idle", "Connections to Postgres that are free.", () => readings.pool().idle);
  add("xnovu_database_connections_max", "Connections to Postgres at the most.", () => readings.pool().max);
  add("xnovu_database_waiting_queries", "Queries that wait for a connection.", () => readings.pool().waiting);
}

function addLabelled(registry: Registry, { rows, parts, paused }: Readings): void {
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
    name: "xnovu_component_up",
    help: "1 while a part of the worker (database, temporal, listener, a loop) is up.",
    labelNames: ["component"],
    registers,
    collect() {
      for (const [part, { up }] of Object.entries(parts())) this.set({ component: part }, up ? 1 : 0);
    },
  });
  new Counter({
    name: "xnovu_component_restarts_total",
    help: "Restarts of the worker's parts by their supervisor.",
    labelNames: ["component"],
    registers,
    collect() {
      this.reset();
      for (const [part, { restarts }] of Object.entries(parts())) this.inc({ component: part }, restarts);
    },
  });
  new Gauge({
    name: "xnovu_sending_paused_by_reason",
    help: "1 while sending is paused for this reason: a person must act, Novu limits the rate, or Novu does not answer.",
    labelNames: ["reason"],
    registers,
    collect() {
      const now = paused();
      for (const reason of pauseReasons) this.set({ reason }, reason === now ? 1 : 0);
    },
  });
}
