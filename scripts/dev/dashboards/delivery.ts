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
      "By the channel of each workflow. `multi-channel` uses the channels that its payload names. `other` counts workflows that the catalogue does not know.",
    unit: "ops",
    queries: [
      ['sum by (channel) (rate(xnovu_workflow_notifications_total{outcome="sent"}[$__rate_interval]))', "{{channel}}"],
    ],
    stacked: true,
  },
  {
    title: "Failed and dead by workflow",
    about:
      "Failed attempts, which workers retry, and dead letters. A single workflow points to its template or payload, all workflows point to Novu.",
    unit: "ops",
    queries: [
      [
        'sum by (workflow, outcome) (rate(xnovu_workflow_notifications_total{outcome=~"failed|dead"}[$__rate_interval]))',
        "{{workflow}} {{outcome}}",
      ],
    ],
  },
  {
    title: "Share of failed attempts",
    about: "Over 10 minutes. A fifth triggers a page.",
    unit: "percentunit",
    queries: [["xnovu:delivery_failures:ratio_rate10m", "failed or dead"]],
    thresholds: [
      [null, "green"],
      [0.2, "red"],
    ],
  },
  {
    title: "Attempts until the final outcome",
    about: "Notifications that became SENT or DEAD, per second, by their number of attempts.",
    unit: "ops",
    queries: [["sum by (le) (rate(xnovu_delivery_attempts_bucket[$__rate_interval]))", "up to {{le}}"]],
  },
];

const durations: readonly Panel[] = [
  {
    title: "From due to SENT",
    about: "Distribution over the buckets of the histogram. Each column is one interval.",
    unit: "s",
    as: "heatmap",
    queries: [["sum by (le) (increase(xnovu_end_to_end_duration_seconds_bucket[$__rate_interval]))", "{{le}}"]],
  },
  {
    title: "From claim to outcome",
    about: "The call to Novu and the write of the outcome, without the wait in the queue.",
    unit: "s",
    queries: quantiles("xnovu_delivery_duration_seconds"),
  },
  {
    title: "Claim size",
    about:
      "Notifications in a claim, on average. Claims grow with a backlog, and shrink when Postgres or Novu does not keep up.",
    unit: "short",
    queries: [
      [
        "sum by (loop) (rate(xnovu_claim_size_sum[$__rate_interval])) / (sum by (loop) (rate(xnovu_claim_size_count[$__rate_interval])) > 0) or 0 * sum by (loop) (xnovu_claim_size_count)",
        "{{loop}}",
      ],
    ],
  },
  {
    title: "Rows taken over, leases lost",
    about:
      "Taken over: the lease of a silent worker expired. Lost: a worker wrote too late, and its write was rejected.",
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
    about:
      "`none`: no reply arrived. 401 to 405 and 429 pause sending for all workers. Workers retry after 5xx and `none`.",
    unit: "reqps",
    queries: [["xnovu:novu_requests:rate5m", "{{status}}"]],
    stacked: true,
  },
  {
    title: "Reply time of Novu",
    about: "Duration of one HTTP request with up to 100 events. XNOVU_NOVU_TIMEOUT_MS limits it.",
    unit: "s",
    queries: quantiles("xnovu_novu_request_duration_seconds"),
  },
  {
    title: "Sending paused",
    about: "Why sending is paused for all workers.",
    unit: "short",
    queries: [
      ["max by (reason) (xnovu_sending_paused_by_reason)", "{{reason}}"],
      ['max by (state) (xnovu_breaker_state{state!="closed"})', "breaker {{state}}"],
    ],
  },
  {
    title: "Circuit breaker openings",
    about: "How often the circuit breaker opened because Novu did not reply.",
    unit: "ops",
    queries: [["sum(rate(xnovu_breaker_opened_total[$__rate_interval]))", "openings"]],
  },
];

export const delivery: Dashboard = {
  uid: "xnovu-delivery",
  title: "XNovu: delivery",
  about: "Outcomes by workflow, the duration of each step, and the replies of Novu.",
  rows: [
    { title: "Outcomes", panels: outcomes },
    { title: "Durations", panels: durations },
    { title: "Novu", panels: novu },
  ],
};
