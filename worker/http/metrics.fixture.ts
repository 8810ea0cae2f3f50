import { createMetrics, type Metrics, type Readings } from "./metrics.ts";

const readings: Readings = {
  rows: () => ({ due: 3, dead: 1 }),
  oldestDueMs: () => 1_500,
  components: () => ({ database: { up: true, restarts: 0 }, temporal: { up: false, restarts: 2 } }),
  inFlight: () => 2,
  paused: () => "rate_limit",
  breakerState: () => "half_open",
  sessionOpen: () => false,
  pool: () => ({ total: 4, idle: 1, waiting: 7, max: 10 }),
  pendingMigrations: () => 0,
};

/** Metrics over these readings; a test may replace some. */
export const metricsOver = (more: Partial<Readings> = {}): Metrics =>
  createMetrics({
    readings: { ...readings, ...more },
    build: { version: "1.2.3", revision: "abc", credentialExpiry: { "temporal-api-key": 1_900_000_000 } },
    channels: { email: "email", "sign-up-code": "sms" },
    intervals: { new: 10_000, rescue: 15_000 },
  });
