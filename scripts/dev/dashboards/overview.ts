import type { Dashboard } from "./panel.ts";

export const overview: Dashboard = {
  uid: "xnovu-overview",
  title: "XNovu: overview",
  about: "Whether notifications are sent in time, and what prevents it. Start here when you are paged.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Alerts firing",
          about:
            "XNovu alerts that fire now. The page /alerts of Prometheus names them, and docs/runbooks has a page for each.",
          unit: "short",
          as: "stat",
          queries: [['count(ALERTS{alertname=~"Xnovu.+", alertstate="firing"}) or vector(0)', "alerts"]],
          thresholds: [
            [null, "green"],
            [1, "red"],
          ],
        },
        {
          title: "Workers",
          about: "Workers that Prometheus scrapes.",
          unit: "short",
          as: "stat",
          queries: [["xnovu:workers_up:sum", "workers"]],
          thresholds: [
            [null, "red"],
            [1, "green"],
          ],
        },
        {
          title: "Oldest due",
          about: "How long the oldest due notification has waited. 5 minutes trigger a page.",
          unit: "s",
          as: "stat",
          queries: [["xnovu:oldest_due_seconds:max", "oldest"]],
          thresholds: [
            [null, "green"],
            [30, "yellow"],
            [300, "red"],
          ],
        },
        {
          title: "Due",
          about: "Notifications that could be sent now. The count stops at 10,001.",
          unit: "short",
          as: "stat",
          queries: [['xnovu:waiting_notifications:max{state="due"}', "due"]],
          thresholds: [
            [null, "green"],
            [1_000, "yellow"],
            [10_000, "red"],
          ],
        },
        {
          title: "Dead letters",
          about: "Notifications that wait for a person to retry or retract them: `xnovu list --status DEAD`.",
          unit: "short",
          as: "stat",
          queries: [['xnovu:waiting_notifications:max{state="dead"}', "dead"]],
          thresholds: [
            [null, "green"],
            [1, "yellow"],
          ],
        },
        {
          title: "Sending",
          about: "Whether sending is paused for all workers, and why.",
          unit: "short",
          as: "stat",
          queries: [
            [
              'max(xnovu_sending_paused_by_reason{reason="rate_limit"}) + 2 * max(xnovu_sending_paused_by_reason{reason="breaker"}) + 3 * max(xnovu_sending_paused_by_reason{reason="operator"})',
              "sending",
            ],
          ],
          words: {
            "0": "active",
            "1": "paused: rate limit",
            "2": "paused: breaker open",
            "3": "paused: operator must act",
          },
          thresholds: [
            [null, "green"],
            [1, "yellow"],
            [2, "red"],
          ],
        },
      ],
    },
    {
      title: "Delivery",
      panels: [
        {
          title: "Outcomes",
          about:
            "Deliveries that ended, per second. Workers retry `failed` ones. `released` ones went back to the queue without an attempt.",
          unit: "ops",
          queries: [["xnovu:notifications:rate5m", "{{outcome}}"]],
          stacked: true,
        },
        {
          title: "From due to SENT",
          about:
            "Time from the schedule or the insert until Novu accepted the notification, including the waits between attempts.",
          unit: "s",
          queries: [
            ["xnovu:end_to_end_duration_seconds:p50_rate5m", "50 % within"],
            ["xnovu:end_to_end_duration_seconds:p95_rate5m", "95 % within"],
            ["xnovu:end_to_end_duration_seconds:p99_rate5m", "99 % within"],
          ],
          thresholds: [
            [null, "green"],
            [30, "red"],
          ],
        },
        {
          title: "Waiting",
          about: "Unfinished rows by state. Each count stops at 10,001.",
          unit: "short",
          queries: [["xnovu:waiting_notifications:max", "{{state}}"]],
        },
        {
          title: "Objective: late or lost",
          about:
            "Share of the ended notifications that were not SENT within 30 s of when they were due. Above the line the month's error budget runs out early.",
          unit: "percentunit",
          queries: [
            ["xnovu:slo_errors:ratio_rate1h", "1 hour"],
            ["xnovu:slo_errors:ratio_rate6h", "6 hours"],
            ["xnovu:slo_errors:ratio_rate3d", "3 days"],
          ],
          thresholds: [
            [null, "green"],
            [0.005, "red"],
          ],
        },
      ],
    },
  ],
};
