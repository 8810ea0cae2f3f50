import type { Settings } from "../core/config/variables.ts";
import { type Claim, type ClaimKind, type ClaimPort, claimKinds } from "../core/delivery.ts";
import { isDatabaseAway, whyAway } from "./database-away.ts";
import type { Metrics } from "./http/metrics.ts";
import type { ComponentStatus } from "./lifecycle/component-status.ts";
import type { PauseView } from "./lifecycle/sending-pause.ts";
import { sleep } from "./lifecycle/sleep.ts";
import type { ClaimSize } from "./poll/claim-size.ts";
import { type ClaimTurnOptions, claimTurn, type DeliveryMode, rescueTurn } from "./poll/claim-turn.ts";
import type { InFlight } from "./poll/in-flight.ts";
import { createLoop, type Loop } from "./poll/loop.ts";

export type LoopName = ClaimKind | "rescue";

export interface LoopsOptions {
  readonly claims: ClaimPort;
  readonly owner: string;
  readonly settings: Settings["worker"];
  /** One for each loop: what one loop finds says nothing about the claims of another. */
  readonly sizes: Readonly<Record<LoopName, ClaimSize>>;
  readonly inFlight: InFlight;
  readonly sendingPause: PauseView;
  readonly session: { isOpen(): boolean };
  /** Whether the database has every migration of this version: not before someone has looked. */
  readonly schemaIsCurrent: () => boolean;
  readonly deliverClaim: (claim: Claim, manner?: DeliveryMode) => Promise<void>;
  /** Milliseconds after which a probe counts as lost with its worker. */
  readonly probeMs: number;
  readonly components: ComponentStatus;
  readonly metrics: Metrics;
}

/** The polling loops: new, failed and scheduled notifications, and the rescue of claims whose lease ran out. */
export function createLoops(options: LoopsOptions): Readonly<Record<LoopName, Loop>> {
  const { settings, sizes, inFlight, sendingPause, session, schemaIsCurrent, components, metrics } = options;
  const intervals: Readonly<Record<LoopName, number>> = {
    new: settings.pollIntervalMs,
    failed: settings.failedPollIntervalMs,
    scheduled: settings.scheduledPollIntervalMs,
    rescue: settings.rescueIntervalMs,
  };
  const turnOptions = (name: LoopName): ClaimTurnOptions => ({
    claims: options.claims,
    owner: options.owner,
    leaseMs: settings.leaseMs,
    size: sizes[name],
    inFlight,
    halfOpen: sendingPause.halfOpen,
    probeMs: options.probeMs,
    onHeld: sendingPause.refresh,
    deliver: options.deliverClaim,
    onClaim(kind, count, dead) {
      metrics.claimed(kind, count);
      if (dead > 0) metrics.settled("dead", dead);
    },
  });
  const loopOf = (name: LoopName): Loop =>
    createLoop({
      intervalMs: intervals[name],
      turn: name === "rescue" ? rescueTurn(turnOptions(name)) : claimTurn(name, turnOptions(name)),
      async allowed(signal) {
        while (!signal.aborted && (sendingPause.waits() || !session.isOpen() || !schemaIsCurrent())) {
          await sendingPause.opened(signal);
          // Without a worker session nothing that is claimed could be sent; with a migration missing it could be sent or written the wrong way.
          if (!session.isOpen() || !schemaIsCurrent()) await sleep(20, signal);
        }
      },
      // Waited for here and not in the turn: long deliveries ahead of it are no sign of a loop that hangs.
      slot: inFlight.slot,
      isTransient: isDatabaseAway,
      onTransient(error) {
        metrics.polled(name, "error", 0);
        sizes[name].trouble();
        components.set("database", "down", whyAway(error));
      },
      onTurn: (turn, ms) => metrics.polled(name, turn, ms),
    });
  const entries = ([...claimKinds, "rescue"] as const).map((name) => [name, loopOf(name)] as const);
  // Every name is in the list above.
  return Object.fromEntries(entries) as Record<LoopName, Loop>;
}
