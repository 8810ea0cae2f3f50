import type { Check, HealthSource } from "./http/health.ts";
import type { Part } from "./lifecycle/component-status.ts";
import type { LoopStats } from "./poll/loop.ts";
import type { Wired, WorkerSettings } from "./wire.ts";
import type { LoopName } from "./wire-loops.ts";

const startedAt = new Date().toISOString();

const check = (part: Part | undefined): Check =>
  part?.state === "up"
    ? { status: "up", since: part.since }
    : {
        status: "down",
        ...(part === undefined ? {} : { since: part.since }),
        error: part?.error ?? part?.state ?? "not started",
      };

/** Reads the parts' states as health checks. */
export function healthSource(wired: Wired, settings: WorkerSettings): HealthSource {
  const { components, sendingPause, loops, inFlight, progress, state } = wired;
  const { batchSize, leaseMs } = settings.worker;
  const loopNames = Object.keys(loops) as LoopName[];
  const loopParts = () => loopNames.map((name) => ({ name, part: components.get(`loop:${name}`) }));
  const turning = (): Check => {
    const turns = loopNames.map((name) => ({ name, ...loops[name].stats() }));
    return turningCheck(turns, progress.stillMs(), { leaseMs, callMs: settings.novu.timeoutMs });
  };
  return {
    accepting: () => state.accepting,
    database: () => check(components.get("database")),
    temporal() {
      const { address, namespace } = settings.temporal;
      const server = check(components.get("temporal"));
      const session = check(components.get("session"));
      // Connected is not enough: the worker claims only while Temporal holds its worker session open.
      const closed = server.status === "up" && session.status === "down";
      const state = closed ? { ...session, error: "Temporal has not opened this worker's session yet" } : server;
      return { ...state, address, namespace, session: session.status === "up" ? "open" : "closed" };
    },
    turning,
    polling() {
      const parts = loopParts();
      const down = parts.filter(({ part }) => part?.state !== "up");
      const sinces = (of: typeof parts) => of.map(({ part }) => part?.since ?? startedAt).sort();
      if (down.length > 0)
        return {
          status: "down",
          since: sinces(down)[0] ?? startedAt,
          error: `loops that are not running: ${down.map(({ name }) => name).join(", ")}`,
        };
      // Up since the last of them is.
      return {
        since: sinces(parts).at(-1) ?? startedAt,
        ...turning(),
        listening: components.get("listener")?.state === "up",
      };
    },
    processing() {
      const paused = sendingPause.closed();
      const details = { claimsInFlight: inFlight.count(), lastSettledAt: state.lastSettledAt, batchSize };
      if (paused?.needsPerson)
        return {
          status: "down",
          ...(paused.since === undefined ? {} : { since: paused.since }),
          error: paused.reason,
          ...details,
        };
      return { status: "up", ...(paused === undefined ? {} : { paused }), ...details };
    },
  };
}

/** Pure: down when a loop hangs in its turn, or a delivery stands still: the process is stuck, and only a restart helps. */
export function turningCheck(
  turns: readonly (Pick<LoopStats, "ageMs" | "waiting"> & { readonly name: string })[],
  stillMs: number,
  { leaseMs, callMs }: { readonly leaseMs: number; readonly callMs: number },
): Check {
  const turnMs = Math.max(leaseMs, 30_000);
  // In its turn it waits for a claim; beyond the lease it hangs. Waiting for a delivery it may have to wait long, as long as that one gets on.
  const hanging = turns.filter(({ ageMs, waiting }) => waiting === null && ageMs > turnMs);
  if (hanging.length > 0)
    return {
      status: "down",
      since: ago(Math.max(...hanging.map(({ ageMs }) => ageMs))),
      error: `loops that do not come round: ${hanging.map(({ name }) => name).join(", ")}`,
    };
  if (stillMs <= Math.max(3 * leaseMs, 2 * callMs, 30_000)) return { status: "up" };
  const waiting = turns.filter((turn) => turn.waiting === "for a delivery to end").map(({ name }) => name);
  const forThem = waiting.length === 0 ? "" : `; loops that wait for one to end: ${waiting.join(", ")}`;
  return { status: "down", since: ago(stillMs), error: `deliveries that do not get on${forThem}` };
}

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** `/status`: everything a person who looks after the worker wants to see at once. */
export function statusReport(wired: Wired, settings: WorkerSettings, version: string): Record<string, unknown> {
  const { components, sendingPause, loops, inFlight, state, owner } = wired;
  const { address, namespace, taskQueue } = settings.temporal;
  return {
    status: state.accepting
      ? Object.values(components.all()).every((part) => part.state === "up")
        ? "running"
        : "degraded"
      : "stopping",
    version,
    owner,
    pid: process.pid,
    startedAt,
    uptimeSeconds: Math.round(process.uptime()),
    memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576),
    temporal: { address, namespace, taskQueue },
    parts: components.all(),
    polling: Object.fromEntries(Object.entries(loops).map(([name, loop]) => [name, loop.stats()])),
    processing: {
      claimsInFlight: inFlight.count(),
      lastSettledAt: state.lastSettledAt,
      paused: sendingPause.closed() ?? null,
    },
    notifications: state.counts ?? null,
  };
}
