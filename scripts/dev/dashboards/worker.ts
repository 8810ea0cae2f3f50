import type { Dashboard, Panel } from "./panel.ts";

const of = (name: string, more = "") => `${name}{instance=~"$instance"${more}}`;
const rate = (name: string, more = "") => `rate(${of(name, more)}[$__rate_interval])`;
const job = ', job="xnovu-worker"';

const parts: readonly Panel[] = [
  {
    title: "Builds",
    about: "What runs where. Two versions side by side are normal during a release, and only then.",
    unit: "short",
    as: "table",
    queries: [[`sum by (instance, version, revision) (${of("xnovu_build_info")})`, ""]],
  },
  {
    title: "Parts up",
    about: "The worker's parts under their supervisor. `session`: Temporal lets this worker claim and send.",
    unit: "short",
    queries: [[of("xnovu_component_up"), "{{instance}} {{component}}"]],
  },
  {
    title: "Session open",
    about: "1 while Temporal holds the session open. A worker without a session claims nothing.",
    unit: "short",
    queries: [[of("xnovu_worker_session_open"), "{{instance}}"]],
  },
  {
    title: "Restarts of parts, workers looked after",
    about: "A part that keeps failing ends the process. `gone`: another worker went silent and its leases were ended.",
    unit: "ops",
    queries: [
      [`sum by (component) (${rate("xnovu_component_restarts_total")})`, "{{component}}"],
      [`sum by (result) (${rate("xnovu_worker_recoveries_total")})`, "worker {{result}}"],
    ],
  },
  {
    title: "Migrations missing",
    about: "More than 0: the worker claims nothing until `xnovu migrate up` has run.",
    unit: "short",
    as: "stat",
    queries: [[`max(${of("xnovu_schema_pending_migrations")})`, "missing"]],
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
  },
  {
    title: "Credentials end in",
    about: "The certificate or key for Temporal that ends first, where one says so; a year where none does.",
    unit: "dtdurations",
    as: "stat",
    queries: [[`min(${of("xnovu_credential_expiry_timestamp_seconds")} - time()) or vector(31536000)`, "ends in"]],
    thresholds: [
      [null, "red"],
      [172_800, "yellow"],
      [1_209_600, "green"],
    ],
  },
  {
    title: "Process since",
    about: "Seconds since the youngest worker started.",
    unit: "dtdurations",
    as: "stat",
    queries: [[`time() - max(${of("process_start_time_seconds", job)})`, "up for"]],
  },
];

const polling: readonly Panel[] = [
  {
    title: "Since a loop last came round",
    about: "Without an error. Up to the loop's interval is normal; five intervals and five minutes is a stalled loop.",
    unit: "s",
    queries: [[`time() - ${of("xnovu_loop_last_success_timestamp_seconds")}`, "{{instance}} {{loop}}"]],
  },
  {
    title: "Turns",
    about: "Turns of the polling loops, by what they found.",
    unit: "ops",
    queries: [[`sum by (loop, result) (${rate("xnovu_polls_total")})`, "{{loop}} {{result}}"]],
  },
  {
    title: "A turn takes",
    about: "95 % of the turns are done within this: the claim's statement in Postgres.",
    unit: "s",
    queries: [
      [`histogram_quantile(0.95, sum by (le, loop) (${rate("xnovu_poll_duration_seconds_bucket")}))`, "{{loop}}"],
    ],
  },
  {
    title: "Claims in flight",
    about: "Claims whose delivery has not ended. A worker takes a few at a time.",
    unit: "short",
    queries: [[of("xnovu_claims_in_flight"), "{{instance}}"]],
  },
  {
    title: "Claimed",
    about: "Notifications that were claimed, by loop; those of the rescue were taken over from a silent worker.",
    unit: "ops",
    queries: [[`sum by (loop) (${rate("xnovu_claimed_notifications_total")})`, "{{loop}}"]],
  },
  {
    title: "Connections to Postgres",
    about:
      "Queries that wait for a connection slow everything: raise XNOVU_DATABASE_POOL_SIZE, or look at the database.",
    unit: "short",
    queries: [
      [of("xnovu_database_connections"), "{{instance}} open"],
      [of("xnovu_database_connections_idle"), "{{instance}} free"],
      [of("xnovu_database_waiting_queries"), "{{instance}} queries waiting"],
      [of("xnovu_database_connections_max"), "{{instance}} at the most"],
    ],
  },
];

const runtime: readonly Panel[] = [
  {
    title: "CPU",
    about: "Cores. Node runs the worker's own code on one.",
    unit: "short",
    queries: [[rate("process_cpu_seconds_total", job), "{{instance}}"]],
  },
  {
    title: "Memory",
    about: "Resident, and the part of it that is JavaScript's heap.",
    unit: "bytes",
    queries: [
      [of("process_resident_memory_bytes", job), "{{instance}} resident"],
      [of("nodejs_heap_size_used_bytes", job), "{{instance}} heap used"],
    ],
  },
  {
    title: "Event loop lag",
    about: "99 % of the delays of the event loop are below. Seconds of it make heartbeats and leases late.",
    unit: "s",
    queries: [[of("nodejs_eventloop_lag_p99_seconds", job), "{{instance}}"]],
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
  },
  {
    title: "Open files",
    about: "File descriptors, connections included.",
    unit: "short",
    queries: [[of("process_open_fds", job), "{{instance}}"]],
  },
];

export const worker: Dashboard = {
  uid: "xnovu-worker",
  title: "XNovu: worker",
  about: "Each worker process: its parts, its polling loops, its connections and its runtime.",
  instances: true,
  rows: [
    { title: "Parts", panels: parts },
    { title: "Polling", panels: polling },
    { title: "Runtime", panels: runtime },
  ],
};
