import type { Dashboard, Panel } from "./panel.ts";

const p95 = (name: string, by: string) =>
  `histogram_quantile(0.95, sum by (le, ${by}) (rate(${name}_bucket[$__rate_interval])))`;

const server: readonly Panel[] = [
  {
    title: "Requests to Temporal",
    about: "By operation, long polls left out. Heartbeats of the sessions are the steady part.",
    unit: "reqps",
    queries: [["sum by (operation) (rate(temporal_request_total[$__rate_interval]))", "{{operation}}"]],
  },
  {
    title: "Requests that failed",
    about: "By operation and gRPC status. Nothing here is the usual state.",
    unit: "reqps",
    queries: [
      [
        "sum by (operation, status_code) (rate(temporal_request_failure_total[$__rate_interval])) or vector(0)",
        "{{operation}} {{status_code}}",
      ],
    ],
  },
  {
    title: "Requests take",
    about: "95 % are answered within this.",
    unit: "s",
    queries: [[p95("temporal_request_latency_seconds", "operation"), "{{operation}}"]],
  },
  {
    title: "Pollers",
    about: "Long polls that wait at the server for work. None of a type: the workers get nothing of it.",
    unit: "short",
    queries: [["sum by (poller_type) (temporal_num_pollers)", "{{poller_type}}"]],
  },
];

const work: readonly Panel[] = [
  {
    title: "Work waits for a worker",
    about:
      "From the server's decision until a worker takes it, for 95 %. It grows when there are too few workers or slots.",
    unit: "s",
    queries: [
      [p95("temporal_workflow_task_schedule_to_start_latency_seconds", "namespace"), "workflow tasks"],
      [p95("temporal_activity_schedule_to_start_latency_seconds", "namespace"), "activities"],
    ],
  },
  {
    title: "Slots",
    about:
      "Used, and free ones. TEMPORAL_MAX_CONCURRENT_ACTIVITIES and TEMPORAL_MAX_CONCURRENT_WORKFLOWS set how many there are.",
    unit: "short",
    queries: [
      ["sum by (worker_type) (temporal_worker_task_slots_used)", "{{worker_type}} used"],
      ["sum by (worker_type) (temporal_worker_task_slots_available)", "{{worker_type}} free"],
    ],
  },
  {
    title: "Workflow tasks take",
    about: "95 % of the steps of a workflow are computed within this.",
    unit: "s",
    queries: [[p95("temporal_workflow_task_execution_latency_seconds", "workflow_type"), "{{workflow_type}}"]],
  },
  {
    title: "Workflows of their own",
    about: "Notifications of many recipients that had a workflow of their own, completed and failed.",
    unit: "ops",
    queries: [
      ["sum(rate(temporal_workflow_completed_total[$__rate_interval])) or vector(0)", "completed"],
      ["sum(rate(temporal_workflow_failed_total[$__rate_interval])) or vector(0)", "failed"],
    ],
  },
  {
    title: "Activities that failed",
    about: "`hold` is a session that was lost, `deliver` a notification of many recipients whose try ended.",
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
    about: "The sticky cache: a workflow that is not in it is replayed from its history.",
    unit: "short",
    queries: [["sum(temporal_sticky_cache_size)", "cached"]],
  },
];

export const temporal: Dashboard = {
  uid: "xnovu-temporal",
  title: "XNovu: Temporal",
  about:
    "Temporal as the workers' SDK sees it. Empty unless XNOVU_TEMPORAL_METRICS_ADDRESS is set and scraped, as the Kubernetes manifests do.",
  rows: [
    { title: "Server", panels: server },
    { title: "Work", panels: work },
  ],
};
