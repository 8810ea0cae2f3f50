import type { Dashboard, Panel } from "./panel.ts";

const p95 = (name: string, by: string) =>
  `histogram_quantile(0.95, sum by (le, ${by}) (rate(${name}_bucket[$__rate_interval])))`;

const server: readonly Panel[] = [
  {
    title: "Requests to Temporal",
    about: "By operation, without long polls. Heartbeats of the worker sessions are the steady part.",
    unit: "reqps",
    queries: [["sum by (operation) (rate(temporal_request_total[$__rate_interval]))", "{{operation}}"]],
  },
  {
    title: "Failed requests",
    about: "By operation and gRPC status. Usually empty.",
    unit: "reqps",
    queries: [
      [
        "sum by (operation, status_code) (rate(temporal_request_failure_total[$__rate_interval])) or vector(0)",
        "{{operation}} {{status_code}}",
      ],
    ],
  },
  {
    title: "Request duration",
    about: "The 95th percentile by operation.",
    unit: "s",
    queries: [[p95("temporal_request_latency_seconds", "operation"), "{{operation}}"]],
  },
  {
    title: "Pollers",
    about:
      "Long polls that wait at the server for tasks. Without a poller of a type, the workers get no tasks of that type.",
    unit: "short",
    queries: [["sum by (poller_type) (temporal_num_pollers)", "{{poller_type}}"]],
  },
];

const work: readonly Panel[] = [
  {
    title: "Wait for a worker",
    about:
      "Time from scheduling until a worker takes the task, 95th percentile. It grows when there are too few workers or slots.",
    unit: "s",
    queries: [
      [p95("temporal_workflow_task_schedule_to_start_latency_seconds", "namespace"), "workflow tasks"],
      [p95("temporal_activity_schedule_to_start_latency_seconds", "namespace"), "activities"],
    ],
  },
  {
    title: "Slots",
    about:
      "Used and free slots. TEMPORAL_MAX_CONCURRENT_ACTIVITIES and TEMPORAL_MAX_CONCURRENT_WORKFLOWS set the total.",
    unit: "short",
    queries: [
      ["sum by (worker_type) (temporal_worker_task_slots_used)", "{{worker_type}} used"],
      ["sum by (worker_type) (temporal_worker_task_slots_available)", "{{worker_type}} free"],
    ],
  },
  {
    title: "Workflow task duration",
    about: "The 95th percentile by workflow type.",
    unit: "s",
    queries: [[p95("temporal_workflow_task_execution_latency_seconds", "workflow_type"), "{{workflow_type}}"]],
  },
  {
    title: "Fan-out workflows",
    about: "Workflows for notifications with many recipients, completed and failed.",
    unit: "ops",
    queries: [
      ["sum(rate(temporal_workflow_completed_total[$__rate_interval])) or vector(0)", "completed"],
      ["sum(rate(temporal_workflow_failed_total[$__rate_interval])) or vector(0)", "failed"],
    ],
  },
  {
    title: "Failed activities",
    about: "`hold`: a worker session was lost. `deliver`: an attempt of a fan-out workflow failed.",
    unit: "ops",
    queries: [
      [
        "sum by (activity_type) (rate(temporal_activity_execution_failed_total[$__rate_interval])) or vector(0)",
        "{{activity_type}}",
      ],
    ],
  },
  {
    title: "Workflows in memory",
    about: "The sticky cache. Temporal replays a workflow that is not in it from its history.",
    unit: "short",
    queries: [["sum(temporal_sticky_cache_size)", "cached"]],
  },
];

export const temporal: Dashboard = {
  uid: "xnovu-temporal",
  title: "XNovu: Temporal",
  about:
    "Metrics of the Temporal SDK in the workers. Empty unless XNOVU_TEMPORAL_METRICS_ADDRESS is set and scraped, as in the Kubernetes manifests.",
  rows: [
    { title: "Server", panels: server },
    { title: "Work", panels: work },
  ],
};
