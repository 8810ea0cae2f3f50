import { readFileSync } from "node:fs";
import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import { channelOf } from "../novu/workflows/ids.ts";
import type { Counts } from "../outbox/counts.ts";
import { credentialExpiry } from "./credential-expiry.ts";
import type { PauseReason } from "./http/metrics/gauges.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import type { ComponentStatus } from "./lifecycle/component-status.ts";
import type { PauseView } from "./lifecycle/sending-pause.ts";
import { intervalsOf } from "./polling-loops.ts";

export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

export interface MetricsSources {
  readonly pool: Pick<Pool, "totalCount" | "idleCount" | "waitingCount">;
  readonly state: { readonly counts: Counts | undefined; readonly pendingMigrations: number | undefined };
  readonly components: Pick<ComponentStatus, "all">;
  readonly sendingPause: Pick<PauseView, "current" | "breakerState">;
  readonly session: { isOpen(): boolean };
  readonly inFlight: { count(): number };
}

/** The metrics of one worker; its gauges read `sources` at each scrape. */
export function workerMetrics(
  settings: Pick<Settings, "general" | "database" | "temporal" | "worker">,
  { pool, state, components, sendingPause, session, inFlight }: MetricsSources,
): Metrics {
  const { worker, database, temporal, general } = settings;
  return createMetrics({
    channels: channelOf,
    build: { version, revision: general.revision ?? "unknown", credentialExpiry: credentialExpiry(temporal) },
    intervals: intervalsOf(worker),
    readings: {
      rows: () => state.counts && rowsOf(state.counts),
      oldestDueMs: () => state.counts?.oldestDueMs,
      components: () =>
        Object.fromEntries(
          Object.entries(components.all()).map(([name, { state: is, restarts }]) => [
            name,
            { up: is === "up", restarts },
          ]),
        ),
      inFlight: inFlight.count,
      paused: () => pauseReason(sendingPause),
      breakerState: sendingPause.breakerState,
      sessionOpen: session.isOpen,
      pool: () => ({
        ...{ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount },
        max: database.poolSize,
      }),
      pendingMigrations: () => state.pendingMigrations,
    },
  });
}

function pauseReason(sendingPause: MetricsSources["sendingPause"]): PauseReason | undefined {
  const pause = sendingPause.current();
  if (pause === undefined) return undefined;
  if (pause.needsPerson) return "operator";
  return sendingPause.breakerState() === "open" ? "breaker" : "rate_limit";
}

function rowsOf({ oldestDueMs: _, ...counts }: Counts): Readonly<Record<string, number>> {
  return counts;
}
