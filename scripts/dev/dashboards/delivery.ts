import type { Dashboard, Panel, Query } from "./panel.ts";

const quantiles = (name: string, more = ""): Query[] =>
  [0.5, 0.95, 0.99].map((q) => [
    `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket${more}[$__rate_interval])))`,
    `${q * 100} % within`,
  ]);

const outcomes: readonly Panel[] = [
  {
    title: "SENT by channel",
    about:
      "By the channel of each workflow; `multi-channel` takes the ones that its payload names, `other` are workflows that the catalogue does not know.",
    unit: "ops",
    queries: [
      ['sum by (channel) (rate(xnovu_workflow_notifications_total{outcome="sent"}[$__rate_interval]))', "{{channel}}"],
    ],
    stacked: true,
  },
  {
    title: "Failed and dead by workflow",
    about:
      "Failed attempts, which are repeated, and dead letters. One workflow alone points at its template or payload, all of them at Novu.",
    unit: "ops",
    queries: [
      [
        'sum by (workflow, outcome) (rate(xnovu_workflow_notifications_total{outcome=~"failed|dead"}[$__rate_interval]))',
        "{{workflow}} {{outcome}}",
      ],
    ],
  },
  {
    title: "Share of attempts that fail",
    about: "Over 10 minutes. A fifth pages.",
    unit: "percentunit",
    queries: [["xnovu:delivery_failures:ratio_rate10m", "failed or dead"]],
    thresholds: [
      [null, "green"],
      [0.2, "red"],
    ],
  },
  {
    title: "Attempts until the end",
    about: "Notifications that were SENT or DEAD after so many attempts, each second.",
    unit: "ops",
    queries: [["sum by (le) (rate(xnovu_delivery_attempts_bucket[$__rate_interval]))", "up to {{le}}"]],
  },
];

const durations: readonly Panel[] = [
  {
    title: "From due to SENT",
    about: "Each column shows how the notifications of that time spread over the bounds.",
    unit: "s",
    as: "heatmap",
    queries: [["sum by (le) (increase(xnovu_end_to_end_duration_seconds_bucket[$__rate_interval]))", "{{le}}"]],
  },
  {
    title: "From the claim to the outcome",
    about: "What a worker itself takes: the call to Novu and the write, without the wait in the queue.",
    unit: "s",
    queries: quantiles("xnovu_delivery_duration_seconds"),
  },
  {
    title: "Notifications in a claim",
    about: "Claims grow while a backlog lasts, and shrink when Postgres or Novu do not keep up.",
    unit: "short",
    queries: [
      [
        "sum by (loop) (rate(xnovu_claim_size_sum[$__rate_interval])) / (sum by (loop) (rate(xnovu_claim_size_count[$__rate_interval])) > 0) or 0 * sum by (loop) (xnovu_claim_size_count)",
        "{{loop}}",
      ],
    ],
  },
  {
    title: "Taken over, and leases lost",
    about: "Taken over: the lease of a silent worker ran out. Lost: a worker was late, and its write changed nothing.",
    unit: "ops",
    queries: [
      ['sum(rate(xnovu_claimed_notifications_total{loop="rescue"}[$__rate_interval]))', "taken over"],
      ["sum(rate(xnovu_lease_lost_total[$__rate_interval]))", "lost"],
    ],
  },
];

const novu: readonly Panel[] = [
  {
    title: "Requests to Novu by status",
    about: "`none`: no answer came. 401 to 405 and 429 pause sending for all workers; 5xx and none are repeated.",
    unit: "reqps",
    queries: [["xnovu:novu_requests:rate5m", "{{status}}"]],
    stacked: true,
  },
  {
    title: "Novu's answers took",
    about: "One HTTP request of up to 100 events. XNOVU_NOVU_TIMEOUT_MS bounds it.",
    unit: "s",
    queries: quantiles("xnovu_novu_request_duration_seconds"),
  },
  {
    title: "Sending paused",
    about: "Why the sending pause that all workers share is closed.",
    unit: "short",
    queries: [
      ["max by (reason) (xnovu_sending_paused_by_reason)", "{{reason}}"],
      ["max(xnovu_circuit_open)", "circuit not proven closed"],
    ],
  },
  {
    title: "Circuit breaker trips",
    about: "How often workers found Novu silent.",
    unit: "ops",
    queries: [["sum(rate(xnovu_breaker_opened_total[$__rate_interval]))", "trips"]],
  },
];

export const delivery: Dashboard = {
  uid: "xnovu-delivery",
  title: "XNovu: delivery",
  about: "What becomes of notifications: outcomes by workflow, how long each step takes, and what Novu answers.",
  rows: [
    { title: "Outcomes", panels: outcomes },
    { title: "Durations", panels: durations },
    { title: "Novu", panels: novu },
  ],
};
