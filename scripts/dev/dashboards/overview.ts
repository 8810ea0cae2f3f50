import type { Dashboard } from "./panel.ts";

export const overview: Dashboard = {
  uid: "xnovu-overview",
  title: "XNovu: overview",
  about: "Whether notifications go out, in time, and what stands in their way. Start here when you are paged.",
  rows: [
    {
      title: "Now",
      panels: [
        {
          title: "Alerts firing",
          about: "XNovu's alerts that fire now. /alerts of Prometheus names them; each has a page in docs/runbooks.",
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
          about: "Workers that answer Prometheus.",
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
          about: "How long the oldest notification that is due has waited. 5 minutes page.",
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
          about: "Notifications that were given up and wait for a person: `xnovu list --status DEAD`.",
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
          about: "Whether the sending pause that all workers share is open, and why it is closed.",
          unit: "short",
          as: "stat",
          queries: [
            [
              'max(xnovu_sending_paused_by_reason{reason="rate"}) + 2 * max(xnovu_sending_paused_by_reason{reason="circuit"}) + 3 * max(xnovu_sending_paused_by_reason{reason="person"})',
              "sendingPause",
            ],
          ],
          words: { "0": "open", "1": "rate limit", "2": "no answer", "3": "needs a person" },
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
            "Notifications whose delivery ended, each second. `failed` ones are tried again, `released` ones were given back untried.",
          unit: "ops",
          queries: [["xnovu:notifications:rate5m", "{{outcome}}"]],
          stacked: true,
        },
        {
          title: "From due to SENT",
          about:
            "How long notifications took from their schedule, or their insert, until Novu had them; waits between attempts included.",
          unit: "s",
          queries: [
            ["xnovu:end_to_end_duration_seconds:p50_rate5m", "half within"],
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
          about: "Rows that are not finished, by what they wait for. Each count stops at 10,001.",
          unit: "short",
          queries: [["xnovu:waiting_notifications:max", "{{state}}"]],
        },
        {
          title: "Objective: late or lost",
          about:
            "Share of the notifications that ended and were not SENT within 30 s of when they were due. Above the line the month's budget burns faster than it lasts.",
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
