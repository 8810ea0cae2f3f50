import type { Settings } from "../core/config/variables.ts";
import type { ClaimPort } from "../core/delivery.ts";
import { type Capacity, type LoopName, loopNames } from "./capacity.ts";
import { isDatabaseAway, whyAway } from "./database-away.ts";
import type { Metrics } from "./http/metrics.ts";
import type { ComponentStatus } from "./lifecycle/component-status.ts";
import { claimPoll, type PollOptions, type ProbeOptions } from "./poll/claim-poll.ts";
import { createLoop, type Loop, type LoopOptions } from "./poll/loop.ts";
import { rescuePoll } from "./poll/rescue-poll.ts";

export interface LoopsOptions {
  readonly owner: string;
  readonly settings: Settings["worker"];
  readonly claims: ClaimPort;
  readonly capacity: Pick<Capacity, "inFlight" | "sizes">;
  readonly probe: ProbeOptions;
  /** Resolves when the worker may claim. */
  readonly allowed: LoopOptions["allowed"];
  readonly deliver: PollOptions["deliver"];
  readonly components: ComponentStatus;
  readonly metrics: Metrics;
}

export type Loops = Readonly<Record<LoopName, Loop>>;

/** The polling loops: new, failed and scheduled notifications, and the rescue of rows whose lease expired. */
export function createLoops(options: LoopsOptions): Loops {
  const loop = (name: LoopName) => createLoop(loopOptions(options, name));
  return { new: loop("new"), failed: loop("failed"), scheduled: loop("scheduled"), rescue: loop("rescue") };
}

export const intervalsOf = (settings: Settings["worker"]): Readonly<Record<LoopName, number>> => ({
  new: settings.pollIntervalMs,
  failed: settings.failedPollIntervalMs,
  scheduled: settings.scheduledPollIntervalMs,
  rescue: settings.rescueIntervalMs,
});

function loopOptions(options: LoopsOptions, name: LoopName): LoopOptions {
  const { settings, capacity, components, metrics, allowed } = options;
  const poll = pollOptions(options, name);
  return {
    intervalMs: intervalsOf(settings)[name],
    poll: name === "rescue" ? rescuePoll(poll) : claimPoll(name, poll),
    allowed,
    // The loop waits for its slot before the poll, so that a long delivery does not look like a poll that hangs.
    slot: capacity.inFlight.slot,
    isTransient: isDatabaseAway,
    onTransient(error) {
      metrics.polled(name, "error", 0);
      capacity.sizes[name].shrink();
      components.set("database", "down", whyAway(error));
    },
    onPoll: (result, ms) => metrics.polled(name, result, ms),
  };
}

function pollOptions({ owner, settings, claims, capacity, ...rest }: LoopsOptions, name: LoopName): PollOptions {
  const { probe, deliver, metrics } = rest;
  return {
    ...{ owner, claims, probe, deliver, leaseMs: settings.leaseMs },
    inFlight: capacity.inFlight,
    size: capacity.sizes[name],
    onClaim(kind, count, dead) {
      metrics.claimed(kind, count);
      if (dead > 0) metrics.settled("dead", dead);
    },
  };
}

/** Every loop polls at once, also one that waits after an error. */
export function pollAll(loops: Loops): void {
  for (const name of loopNames) loops[name].recovered();
}
