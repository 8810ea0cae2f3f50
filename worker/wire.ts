import { hostname } from "node:os";
import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import { type ClaimKind, claimKinds } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { backoffMs } from "../core/retry.ts";
import { createNovu } from "../novu/client.ts";
import { createClaims } from "../outbox/claims.ts";
import { type Counts, countByStatus } from "../outbox/counts.ts";
import { createDelivery } from "../outbox/delivery.ts";
import { listen } from "../outbox/listener.ts";
import { createPool } from "../outbox/pool.ts";
import { isSchemaBehind, isUnavailable } from "../outbox/unavailable.ts";
import { createMetrics } from "./http/metrics.ts";
import { createBoard } from "./lifecycle/board.ts";
import { createGate } from "./lifecycle/gate.ts";
import { sleep } from "./lifecycle/sleep.ts";
import { type ClaimTurnOptions, claimTurn, createInFlight, sweepTurn } from "./poll/claim-turn.ts";
import { createLoop, type Loop } from "./poll/loop.ts";
import { isTemporalUnavailable } from "./temporal/connect.ts";
import type { DeliverDeps } from "./temporal/deliver.ts";
import type { StartDelivery } from "./temporal/run.ts";

export type WorkerSettings = Pick<Settings, "general" | "novu" | "database" | "temporal" | "worker">;
export type LoopName = ClaimKind | "sweep";

/** Claims that one worker has under way: enough to keep Novu busy, few enough that a stop leaves little behind. */
const maxClaimsInFlight = 16;
const callsPerClaim = 4;
const watchIntervalMs = 10_000;

/** Everything of one worker process, wired and not yet running. */
export function wire(settings: WorkerSettings, log: Logger) {
  const { worker, database, temporal } = settings;
  const owner = `${hostname()}-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  const connection = { url: database.url, statementTimeoutMs: database.statementTimeoutMs, name: "xnovu-worker" };
  const pool: Pool = createPool({
    ...connection,
    poolSize: database.poolSize,
    onIdleError: (error) => log.warn({ error: error.message }, "an idle database connection broke"),
  });
  const claims = createClaims(pool);
  const gate = createGate();
  const inFlight = createInFlight(Math.min(maxClaimsInFlight, temporal.maxConcurrentActivities));
  const draining = new AbortController();
  const state = {
    counts: undefined as Counts | undefined,
    start: undefined as StartDelivery | undefined,
    lastSettledAt: null as string | null,
    accepting: true,
  };

  const board = createBoard((name, part) => {
    if (part.state === "down") log.warn({ part: name, error: part.error }, "a part is down");
    else log.info({ part: name, state: part.state }, `${name} is ${part.state}`);
  });
  const metrics = createMetrics({
    rows: () =>
      state.counts && {
        due: state.counts.due,
        scheduled: state.counts.scheduled,
        processing: state.counts.processing,
        failed: state.counts.failed,
        dead: state.counts.dead,
      },
    oldestDueMs: () => state.counts?.oldestDueMs,
    partsUp: () => Object.fromEntries(Object.entries(board.all()).map(([name, part]) => [name, part.state === "up"])),
    inFlight: inFlight.count,
    paused: () => gate.closed() !== undefined,
  });

  const deps: DeliverDeps = {
    outbox: createDelivery(pool),
    novu: createNovu(settings.novu),
    owner,
    leaseMs: worker.leaseMs,
    retry: { baseMs: worker.retryBaseMs, maxMs: worker.retryMaxMs },
    concurrency: callsPerClaim,
    draining: draining.signal,
    pause(ms, reason, needsPerson) {
      gate.close(ms, reason, needsPerson);
      log[needsPerson ? "error" : "warn"](
        { reason, ms },
        needsPerson ? "sending is paused until someone acts" : "sending is paused",
      );
    },
    onCall: metrics.called,
    onSettled(result) {
      state.lastSettledAt = new Date().toISOString();
      for (const outcome of ["sent", "failed", "dead", "released"] as const) metrics.settled(outcome, result[outcome]);
      metrics.leaseLost(result.leaseLost);
      log.info(result, "a claim was delivered");
    },
  };

  const turnOptions: ClaimTurnOptions = {
    claims,
    owner,
    leaseMs: worker.leaseMs,
    limit: worker.batchSize,
    inFlight,
    start: (token) => (state.start ? state.start(token) : Promise.reject(new TemporalAway())),
    onClaim(kind, count, dead) {
      metrics.claimed(kind, count);
      if (dead > 0) metrics.settled("dead", dead);
    },
  };
  const loops = Object.fromEntries(([...claimKinds, "sweep"] as const).map((name) => [name, loopOf(name)])) as Readonly<
    Record<LoopName, Loop>
  >;

  function loopOf(name: LoopName): Loop {
    const intervals = {
      new: worker.pollIntervalMs,
      failed: worker.failedPollIntervalMs,
      scheduled: worker.scheduledPollIntervalMs,
      sweep: worker.sweepIntervalMs,
    };
    return createLoop({
      intervalMs: intervals[name],
      turn: name === "sweep" ? sweepTurn(turnOptions) : claimTurn(name, turnOptions),
      async allowed(signal) {
        await gate.opened(signal);
        // Without Temporal a claim could only be given back again.
        while (state.start === undefined && !signal.aborted) await sleep(100, signal);
        // Waited for here and not in the turn: long deliveries ahead of it are no sign of a loop that hangs.
        await inFlight.slot(signal);
      },
      isTransient: (error) => isDatabaseAway(error) || isTemporalUnavailable(error) || error instanceof TemporalAway,
      onTransient(error) {
        metrics.polled(name, "error", 0);
        if (isDatabaseAway(error)) board.set("database", "down", whyAway(error));
        else log.warn({ loop: name, error: messageOf(error) }, "a claim could not be started and was given back");
      },
      onTurn: (turn, ms) => metrics.polled(name, turn, ms),
    });
  }

  /** Counts what waits, and so finds out whether Postgres answers at all. */
  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        state.counts = await countByStatus(pool);
        board.set("database", "up");
      } catch (error) {
        state.counts = undefined;
        if (!isDatabaseAway(error)) throw error;
        board.set("database", "down", whyAway(error));
      }
      await sleep(board.get("database")?.state === "up" ? watchIntervalMs : 1_000, signal);
    }
  }

  /** Listens; while Postgres is away it waits for it, as everything else does. Polling finds what is inserted meanwhile. */
  async function listenForNew(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const onListening = () => {
      failures = 0;
      board.set("listener", "up");
      // What was inserted while nobody listened is found now rather than at the next poll.
      for (const loop of Object.values(loops)) loop.recovered();
    };
    while (!signal.aborted) {
      // A signal for each try: what a try leaves on it goes with it.
      const attempt = new AbortController();
      const stop = () => attempt.abort();
      signal.addEventListener("abort", stop, { once: true });
      try {
        return await listen(connection, {
          signal: attempt.signal,
          onWake: (kind) => loops[kind].wake(),
          onListening,
        });
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        board.set("listener", "down", messageOf(error));
        failures++;
        await sleep(250 + backoffMs(failures, { baseMs: 250, maxMs: 5_000 }), signal);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    }
  }

  return { owner, pool, claims, gate, inFlight, draining, state, board, metrics, deps, loops, watch, listenForNew };
}

export type Wired = ReturnType<typeof wire>;

/** Both are waited for: a database that comes back, and a migration that someone runs. */
const isDatabaseAway = (error: unknown): boolean => isUnavailable(error) || isSchemaBehind(error);
const whyAway = (error: unknown): string =>
  isSchemaBehind(error)
    ? `the notification tables are missing or older than this version: run \`pnpm xnovu migrate up\` (${messageOf(error)})`
    : messageOf(error);

/** Temporal went away between the look and the start. */
class TemporalAway extends Error {
  constructor() {
    super("Temporal is not connected");
  }
}
