import type { Check, HealthSource } from "./http/health.ts";
import type { Part } from "./lifecycle/board.ts";
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
  const { board, gate, loops, inFlight, state } = wired;
  const { batchSize, leaseMs } = settings.worker;
  const loopNames = Object.keys(loops) as LoopName[];
  /** A turn may wait for a slot, a claim and the start of its delivery; beyond the lease it hangs. */
  const hanging = () => loopNames.filter((name) => loops[name].stats().ageMs > Math.max(leaseMs, 30_000));
  const turning = (): Check => {
    const stuck = hanging();
    return stuck.length === 0
      ? { status: "up" }
      : { status: "down", error: `loops that do not come round: ${stuck.join(", ")}` };
  };
  return {
    accepting: () => state.accepting,
    database: () => check(board.get("database")),
    temporal() {
      const { address, namespace } = settings.temporal;
      const server = check(board.get("temporal"));
      const lane = check(board.get("lane"));
      // Connected is not enough: the worker claims only while Temporal holds its lane open.
      const closed = server.status === "up" && lane.status === "down";
      const state = closed ? { ...lane, error: "Temporal has not opened this worker's lane yet" } : server;
      return { ...state, address, namespace, lane: lane.status === "up" ? "open" : "closed" };
    },
    turning,
    polling() {
      const down = loopNames.filter((name) => board.get(`loop:${name}`)?.state !== "up");
      if (down.length > 0) return { status: "down", error: `loops that are not running: ${down.join(", ")}` };
      return { ...turning(), listening: board.get("listener")?.state === "up" };
    },
    processing() {
      const paused = gate.closed();
      const details = { claimsInFlight: inFlight.count(), lastSettledAt: state.lastSettledAt, batchSize };
      if (paused?.needsPerson) return { status: "down", error: paused.reason, ...details };
      return { status: "up", ...(paused === undefined ? {} : { paused }), ...details };
    },
  };
}

/** `/status`: everything a person who looks after the worker wants to see at once. */
export function statusReport(wired: Wired, settings: WorkerSettings, version: string): Record<string, unknown> {
  const { board, gate, loops, inFlight, state, owner } = wired;
  const { address, namespace, taskQueue } = settings.temporal;
  return {
    status: state.accepting
      ? Object.values(board.all()).every((part) => part.state === "up")
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
    parts: board.all(),
    polling: Object.fromEntries(Object.entries(loops).map(([name, loop]) => [name, loop.stats()])),
    processing: { claimsInFlight: inFlight.count(), lastSettledAt: state.lastSettledAt, paused: gate.closed() ?? null },
    notifications: state.counts ?? null,
  };
}
