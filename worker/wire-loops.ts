import type { Settings } from "../core/config/variables.ts";
import { type Claim, type ClaimKind, type ClaimPort, claimKinds } from "../core/delivery.ts";
import { isDatabaseAway, whyAway } from "./database-away.ts";
import type { Metrics } from "./http/metrics.ts";
import type { Board } from "./lifecycle/board.ts";
import type { Gate } from "./lifecycle/gate.ts";
import { sleep } from "./lifecycle/sleep.ts";
import type { ClaimSize } from "./poll/claim-size.ts";
import { type ClaimTurnOptions, claimTurn, type Manner, sweepTurn } from "./poll/claim-turn.ts";
import type { InFlight } from "./poll/in-flight.ts";
import { createLoop, type Loop } from "./poll/loop.ts";

export type LoopName = ClaimKind | "sweep";

export interface LoopsOptions {
  readonly claims: ClaimPort;
  readonly owner: string;
  readonly settings: Settings["worker"];
  /** One for each loop: what one loop finds says nothing about the claims of another. */
  readonly sizes: Readonly<Record<LoopName, ClaimSize>>;
  readonly inFlight: InFlight;
  readonly gate: Gate;
  readonly lane: { isOpen(): boolean };
  /** Whether the database has every migration of this version: not before someone has looked. */
  readonly schemaIsCurrent: () => boolean;
  readonly deliverClaim: (claim: Claim, manner?: Manner) => Promise<void>;
  /** Milliseconds after which a trial counts as lost with its worker. */
  readonly trialMs: number;
  readonly board: Board;
  readonly metrics: Metrics;
}

/** The polling loops: new, failed and scheduled notifications, and the sweep of claims whose lease ran out. */
export function createLoops(options: LoopsOptions): Readonly<Record<LoopName, Loop>> {
  const { settings, sizes, inFlight, gate, lane, schemaIsCurrent, board, metrics } = options;
  const intervals: Readonly<Record<LoopName, number>> = {
    new: settings.pollIntervalMs,
    failed: settings.failedPollIntervalMs,
    scheduled: settings.scheduledPollIntervalMs,
    sweep: settings.sweepIntervalMs,
  };
  const turnOptions = (name: LoopName): ClaimTurnOptions => ({
    claims: options.claims,
    owner: options.owner,
    leaseMs: settings.leaseMs,
    size: sizes[name],
    inFlight,
    onTrial: gate.onTrial,
    trialMs: options.trialMs,
    onHeld: gate.refresh,
    deliver: options.deliverClaim,
    onClaim(kind, count, dead) {
      metrics.claimed(kind, count);
      if (dead > 0) metrics.settled("dead", dead);
    },
  });
  const loopOf = (name: LoopName): Loop =>
    createLoop({
      intervalMs: intervals[name],
      turn: name === "sweep" ? sweepTurn(turnOptions(name)) : claimTurn(name, turnOptions(name)),
      async allowed(signal) {
        while (!signal.aborted && (gate.waits() || !lane.isOpen() || !schemaIsCurrent())) {
          await gate.opened(signal);
          // Without a lane nothing that is claimed could be sent; with a migration missing it could be sent or written the wrong way.
          if (!lane.isOpen() || !schemaIsCurrent()) await sleep(20, signal);
        }
      },
      // Waited for here and not in the turn: long deliveries ahead of it are no sign of a loop that hangs.
      slot: inFlight.slot,
      isTransient: isDatabaseAway,
      onTransient(error) {
        metrics.polled(name, "error", 0);
        sizes[name].trouble();
        board.set("database", "down", whyAway(error));
      },
      onTurn: (turn, ms) => metrics.polled(name, turn, ms),
    });
  const entries = ([...claimKinds, "sweep"] as const).map((name) => [name, loopOf(name)] as const);
  // Every name is in the list above.
  return Object.fromEntries(entries) as Record<LoopName, Loop>;
}
