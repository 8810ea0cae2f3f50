import { readFileSync } from "node:fs";
import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import { channelOf } from "../novu/workflows/ids.ts";
import type { Counts } from "../outbox/counts.ts";
import { credentialExpiries } from "./credential-expiry.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import type { ComponentStatus } from "./lifecycle/component-status.ts";
import type { PauseView } from "./lifecycle/sending-pause.ts";

export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

export interface MetricsSources {
  readonly pool: Pick<Pool, "totalCount" | "idleCount" | "waitingCount">;
  readonly state: { readonly counts: Counts | undefined; readonly pendingMigrations: number | undefined };
  readonly components: Pick<ComponentStatus, "all">;
  readonly sendingPause: Pick<PauseView, "closed" | "halfOpen">;
  readonly session: { isOpen(): boolean };
  readonly inFlight: { count(): number };
}

/** The metrics of one worker, over its parts. */
export function workerMetrics(
  settings: Pick<Settings, "general" | "database" | "temporal" | "worker">,
  sources: MetricsSources,
): Metrics {
  const { pool, state, components, sendingPause, session, inFlight } = sources;
  const { worker, database, temporal, general } = settings;
  return createMetrics({
    channels: channelOf,
    build: { version, revision: general.revision ?? "unknown", credentialExpiries: credentialExpiries(temporal) },
    intervals: {
      new: worker.pollIntervalMs,
      failed: worker.failedPollIntervalMs,
      scheduled: worker.scheduledPollIntervalMs,
      rescue: worker.rescueIntervalMs,
    },
    readings: {
      rows: () => state.counts && rowsOf(state.counts),
      oldestDueMs: () => state.counts?.oldestDueMs,
      parts: () =>
        Object.fromEntries(
          Object.entries(components.all()).map(([name, part]) => [
            name,
            { up: part.state === "up", restarts: part.restarts },
          ]),
        ),
      inFlight: inFlight.count,
      paused() {
        const closed = sendingPause.closed();
        if (closed === undefined) return undefined;
        return closed.needsPerson ? "person" : sendingPause.halfOpen() ? "circuit" : "rate";
      },
      circuitOpen: sendingPause.halfOpen,
      sessionOpen: session.isOpen,
      pool: () => ({
        total: pool.totalCount,
        idle: pool.idleCount,
        waiting: pool.waitingCount,
        max: database.poolSize,
      }),
      pendingMigrations: () => state.pendingMigrations,
    },
  });
}

function rowsOf({ oldestDueMs: _, ...counts }: Counts): Readonly<Record<string, number>> {
  return counts;
}
