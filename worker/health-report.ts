import { type LoopName, loopNames } from "./capacity.ts";
import type { Check, HealthSource } from "./http/health.ts";
import type { Component } from "./lifecycle/component-status.ts";
import type { LoopStats } from "./poll/loop.ts";
import type { Wired, WorkerSettings } from "./wire.ts";

const startedAt = new Date().toISOString();

const check = (component: Component | undefined): Check =>
  component?.state === "up"
    ? { status: "up", since: component.since }
    : {
        status: "down",
        ...(component === undefined ? {} : { since: component.since }),
        error: component?.error ?? component?.state ?? "not started",
      };

/** The health checks of one worker, from the status of its components. */
export function healthSource(wired: Wired, settings: WorkerSettings): HealthSource {
  const { components, loops, deliveries, state } = wired;
  const limits = { leaseMs: settings.worker.leaseMs, callMs: settings.novu.timeoutMs };
  const watchdog = () => {
    const stats = loopNames.map((name) => ({ name, ...loops[name].stats() }));
    return watchdogCheck(stats, deliveries.watchdog.stuckMs(), limits);
  };
  return {
    accepting: () => state.accepting,
    database: () => check(components.get("database")),
    temporal: () => temporalCheck(wired, settings),
    watchdog,
    polling: () => pollingCheck(wired, watchdog),
    processing: () => processingCheck(wired, settings),
  };
}

function temporalCheck({ components }: Wired, { temporal: { address, namespace } }: WorkerSettings): Check {
  const server = check(components.get("temporal"));
  const session = check(components.get("session"));
  // The connection is not enough: the worker claims only while Temporal holds its session open.
  const waiting = server.status === "up" && session.status === "down";
  const status = waiting ? { ...session, error: "Temporal has not opened this worker's session yet" } : server;
  return { ...status, address, namespace, session: session.status === "up" ? "open" : "closed" };
}

function pollingCheck({ components }: Wired, watchdog: () => Check): Check {
  const all = loopNames.map((name) => ({ name, component: components.get(`loop:${name}`) }));
  const down = all.filter(({ component }) => component?.state !== "up");
  const sinces = (of: typeof all) => of.map(({ component }) => component?.since ?? startedAt).sort();
  if (down.length > 0)
    return {
      status: "down",
      since: sinces(down)[0] ?? startedAt,
      error: `loops that are not running: ${down.map(({ name }) => name).join(", ")}`,
    };
  // Polling is up since the last loop came up.
  const since = sinces(all).at(-1) ?? startedAt;
  return { since, ...watchdog(), listening: components.get("listener")?.state === "up" };
}

function processingCheck({ sendingPause, deliveries, state }: Wired, { worker }: WorkerSettings): Check {
  const paused = sendingPause.current();
  const { lastSettledAt } = state;
  const details = { claimsInFlight: deliveries.inFlight.count(), lastSettledAt, batchSize: worker.batchSize };
  if (!paused?.needsPerson) return { status: "up", ...(paused === undefined ? {} : { paused }), ...details };
  const since = paused.since === undefined ? {} : { since: paused.since };
  return { status: "down", ...since, error: paused.reason, ...details };
}

/** Pure: down when a poll hangs or a delivery is stuck. Only a restart of the process helps then. */
export function watchdogCheck(
  loops: readonly (Pick<LoopStats, "ageMs" | "waiting"> & { readonly name: string })[],
  stuckMs: number,
  { leaseMs, callMs }: { readonly leaseMs: number; readonly callMs: number },
): Check {
  const pollMs = Math.max(leaseMs, 30_000);
  // A poll waits for one claim, so beyond the lease it hangs. A wait for a delivery may be long, as long as deliveries make progress.
  const hanging = loops.filter(({ ageMs, waiting }) => waiting === null && ageMs > pollMs);
  if (hanging.length > 0)
    return {
      status: "down",
      since: ago(Math.max(...hanging.map(({ ageMs }) => ageMs))),
      error: `loops whose poll hangs: ${hanging.map(({ name }) => name).join(", ")}`,
    };
  if (stuckMs <= Math.max(3 * leaseMs, 2 * callMs, 30_000)) return { status: "up" };
  const waiting = loops.filter((loop) => loop.waiting === "for a delivery to end").map(({ name }) => name);
  const forThem = waiting.length === 0 ? "" : `; loops that wait for one to end: ${waiting.join(", ")}`;
  return { status: "down", since: ago(stuckMs), error: `deliveries make no progress${forThem}` };
}

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** `/status`: what an operator wants to see at once. */
export function statusReport(wired: Wired, settings: WorkerSettings, version: string): Record<string, unknown> {
  const { components, sendingPause, loops, deliveries, state, owner } = wired;
  const { address, namespace, taskQueue } = settings.temporal;
  const allUp = Object.values(components.all()).every((component) => component.state === "up");
  const polling = (name: LoopName) => [name, loops[name].stats()] as const;
  return {
    status: !state.accepting ? "stopping" : allUp ? "running" : "degraded",
    version,
    owner,
    pid: process.pid,
    startedAt,
    uptimeSeconds: Math.round(process.uptime()),
    memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576),
    temporal: { address, namespace, taskQueue },
    components: components.all(),
    polling: Object.fromEntries(loopNames.map(polling)),
    processing: {
      claimsInFlight: deliveries.inFlight.count(),
      lastSettledAt: state.lastSettledAt,
      paused: sendingPause.current() ?? null,
      breaker: sendingPause.breakerState(),
    },
    notifications: state.counts ?? null,
  };
}
