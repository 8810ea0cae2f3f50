import type { Dashboard, Panel } from "./panel.ts";

const of = (name: string, more = "") => `${name}{instance=~"$instance"${more}}`;
const rate = (name: string, more = "") => `rate(${of(name, more)}[$__rate_interval])`;
const job = ', job="xnovu-worker"';

const components: readonly Panel[] = [
  {
    title: "Builds",
    about: "The version of each worker. Two versions are normal only during a release.",
    unit: "short",
    as: "table",
    queries: [[`sum by (instance, version, revision) (${of("xnovu_build_info")})`, ""]],
  },
  {
    title: "Components up",
    about: "Status of each component of the worker. `session`: Temporal allows this worker to claim and send.",
    unit: "short",
    queries: [[of("xnovu_component_up"), "{{instance}} {{component}}"]],
  },
  {
    title: "Worker session open",
    about: "1 while the worker session is open in Temporal. A worker without a session claims nothing.",
    unit: "short",
    queries: [[of("xnovu_worker_session_open"), "{{instance}}"]],
  },
  {
    title: "Component restarts, recovered workers",
    about:
      "A component that fails repeatedly ends the process. `gone`: this worker expired the leases of a silent worker.",
    unit: "ops",
    queries: [
      [`sum by (component) (${rate("xnovu_component_restarts_total")})`, "{{component}}"],
      [`sum by (result) (${rate("xnovu_worker_recoveries_total")})`, "worker {{result}}"],
    ],
  },
  {
    title: "Missing migrations",
    about: "Above 0 the worker claims nothing until `xnovu migrate up` has run.",
    unit: "short",
    as: "stat",
    queries: [[`max(${of("xnovu_schema_pending_migrations")})`, "missing"]],
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
  },
  {
    title: "Credential expiry",
    about: "Time until the first Temporal certificate or key expires. One year if none has an expiry.",
    unit: "dtdurations",
    as: "stat",
    queries: [[`min(${of("xnovu_credential_expiry_timestamp_seconds")} - time()) or vector(31536000)`, "expires in"]],
    thresholds: [
      [null, "red"],
      [172_800, "yellow"],
      [1_209_600, "green"],
    ],
  },
  {
    title: "Uptime",
    about: "Time since the most recent start of a worker.",
    unit: "dtdurations",
    as: "stat",
    queries: [[`time() - max(${of("process_start_time_seconds", job)})`, "up for"]],
  },
];

const polling: readonly Panel[] = [
  {
    title: "Time since the last successful poll",
    about: "Up to the loop's interval is normal. A loop has stalled after five intervals plus five minutes.",
    unit: "s",
    queries: [[`time() - ${of("xnovu_loop_last_success_timestamp_seconds")}`, "{{instance}} {{loop}}"]],
  },
  {
    title: "Polls",
    about: "Polls of each loop, by result.",
    unit: "ops",
    queries: [[`sum by (loop, result) (${rate("xnovu_polls_total")})`, "{{loop}} {{result}}"]],
  },
  {
    title: "Poll duration",
    about: "The 95th percentile. Most of it is the claim statement in Postgres.",
    unit: "s",
    queries: [
      [`histogram_quantile(0.95, sum by (le, loop) (${rate("xnovu_poll_duration_seconds_bucket")}))`, "{{loop}}"],
    ],
  },
  {
    title: "Claims in flight",
    about: "Claims whose delivery has not ended. A worker holds a few at a time.",
    unit: "short",
    queries: [[of("xnovu_claims_in_flight"), "{{instance}}"]],
  },
  {
    title: "Claimed",
    about: "Claimed notifications by loop. The loop `rescue` takes over rows of silent workers.",
    unit: "ops",
    queries: [[`sum by (loop) (${rate("xnovu_claimed_notifications_total")})`, "{{loop}}"]],
  },
  {
    title: "Connections to Postgres",
    about:
      "Queries that wait for a connection slow everything down. Look for slow statements, or raise XNOVU_DATABASE_POOL_SIZE.",
    unit: "short",
    queries: [
      [of("xnovu_database_connections"), "{{instance}} open"],
      [of("xnovu_database_connections_idle"), "{{instance}} free"],
      [of("xnovu_database_waiting_queries"), "{{instance}} queries waiting"],
      [of("xnovu_database_connections_max"), "{{instance}} maximum"],
    ],
  },
];

const runtime: readonly Panel[] = [
  {
    title: "CPU",
    about: "Cores in use. Node runs the worker's own code on one.",
    unit: "short",
    queries: [[rate("process_cpu_seconds_total", job), "{{instance}}"]],
  },
  {
    title: "Memory",
    about: "Resident memory, and the JavaScript heap in it.",
    unit: "bytes",
    queries: [
      [of("process_resident_memory_bytes", job), "{{instance}} resident"],
      [of("nodejs_heap_size_used_bytes", job), "{{instance}} heap used"],
    ],
  },
  {
    title: "Event loop lag",
    about: "The 99th percentile. A lag of seconds delays heartbeats and lease renewals.",
    unit: "s",
    queries: [[of("nodejs_eventloop_lag_p99_seconds", job), "{{instance}}"]],
    thresholds: [
      [null, "green"],
      [1, "red"],
    ],
  },
  {
    title: "Open files",
    about: "File descriptors, including connections.",
    unit: "short",
    queries: [[of("process_open_fds", job), "{{instance}}"]],
  },
];

export const worker: Dashboard = {
  uid: "xnovu-worker",
  title: "XNovu: worker",
  about: "Each worker process: components, polling loops, connections and runtime.",
  instances: true,
  rows: [
    { title: "Components", panels: components },
    { title: "Polling", panels: polling },
    { title: "Runtime", panels: runtime },
  ],
};
