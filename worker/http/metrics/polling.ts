import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface PollingMetrics {
  /** A claim that found `count` notifications. */
  claimed(loop: string, count: number): void;
  /** A poll ended. `result` is `found`, `idle` or `error`. */
  polled(loop: string, result: string, ms: number): void;
}

const pollSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15];

export function pollingMetrics(
  registry: Registry,
  intervals: Readonly<Record<string, number>>,
  now: () => number = Date.now,
): PollingMetrics {
  const { claimed, claimSize, polls, pollTime, lastSuccess, interval } = instruments(registry);
  for (const [loop, ms] of Object.entries(intervals)) {
    interval.set({ loop }, ms / 1000);
    // Before its first poll, a loop counts from the start of the process.
    lastSuccess.set({ loop }, now() / 1000);
    claimed.inc({ loop }, 0);
    claimSize.zero({ loop });
    pollTime.zero({ loop });
    for (const result of ["found", "idle", "error"]) polls.inc({ loop, result }, 0);
  }
  return {
    claimed(loop, count) {
      // A rescue that only dead-lettered rows claimed nothing.
      if (count === 0) return;
      claimed.inc({ loop }, count);
      claimSize.observe({ loop }, count);
    },
    polled(loop, result, ms) {
      polls.inc({ loop, result });
      if (result === "error") return;
      pollTime.observe({ loop }, ms / 1000);
      lastSuccess.set({ loop }, now() / 1000);
    },
  };
}

function instruments(registry: Registry) {
  const of = <L extends string>(name: string, help: string, ...labelNames: L[]) => ({
    name,
    help,
    labelNames,
    registers: [registry],
  });
  return {
    claimed: new Counter(
      of(
        "xnovu_claimed_notifications_total",
        "Notifications claimed, by loop; those of `rescue` were taken over from another claim.",
        "loop",
      ),
    ),
    claimSize: new Histogram({
      ...of("xnovu_claim_size", "Notifications in one claim, by loop.", "loop"),
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    }),
    polls: new Counter(of("xnovu_polls_total", "Polls, by loop and result.", "loop", "result")),
    pollTime: new Histogram({
      ...of("xnovu_poll_duration_seconds", "Time that one poll took, by loop; without polls that failed.", "loop"),
      buckets: pollSeconds,
    }),
    lastSuccess: new Gauge(
      of(
        "xnovu_loop_last_success_timestamp_seconds",
        "When a loop last polled without an error; before its first poll, the start of the process.",
        "loop",
      ),
    ),
    interval: new Gauge(
      of("xnovu_loop_interval_seconds", "Time between two polls of a loop when nothing wakes it.", "loop"),
    ),
  };
}
