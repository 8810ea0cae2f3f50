import type { Fields, Job, Notification } from "../types.ts";
import type { World } from "../world.ts";
import { fail, move, note } from "./details.ts";
import type { Timers } from "./timers.ts";
import { durationMs, groupKey, valueAt, waitMs } from "./timing.ts";

/** `halt`: the steps after this one do not run. */
export type StepEnd = "go on" | "halt" | "interrupted";

export interface Windows {
  /** Digest key to the notification whose digest collects the events. */
  readonly digests: Map<string, { notification: Notification; job: Job }>;
  /** Digest key to when its last event came, for look-back windows. */
  readonly lastEvent: Map<string, number>;
  readonly throttles: Map<string, { startMs: number; count: number }>;
}

export const newWindows = (): Windows => ({ digests: new Map(), lastEvent: new Map(), throttles: new Map() });

const windowKey = (of: Notification, job: Job, key: unknown) =>
  [of.workflowId, job.stepId, of.subscriberId, groupKey(key, of.payload)].join("\0");

/** Waits as long as the step asks; the result is `{duration}` in milliseconds. */
export async function delay(
  world: World,
  timers: Timers,
  of: Notification,
  job: Job,
  outputs: Fields,
): Promise<StepEnd> {
  const wait = waitMs(outputs, of.payload, world.now());
  if (typeof wait !== "number") return haltWith(world, of, job, wait.problem);
  job.result = { duration: wait };
  job.until = new Date(world.now() + wait * world.delayScale).toISOString();
  note(world, job, "Pending", `Step is delayed until ${job.until}`);
  move(world, of, job, "delayed");
  return finishWait(world, timers, of, job);
}

/** The rest of a delay that was begun, by this process or by the one before it. */
export async function finishWait(world: World, timers: Timers, of: Notification, job: Job): Promise<StepEnd> {
  const outcome = await timers.wait(of.id, Date.parse(job.until ?? ""), world.now);
  if (world.closing.aborted) return "interrupted";
  if (outcome === "canceled" || job.status === "canceled") return "halt";
  note(world, job, "Success", "Delay is over");
  move(world, of, job, "completed");
  return "go on";
}

/** The first event opens a window and waits; the ones that come meanwhile are merged into it and end there. */
export async function digest(
  world: World,
  timers: Timers,
  windows: Windows,
  of: Notification,
  job: Job,
  outputs: Fields,
): Promise<StepEnd> {
  const key = windowKey(of, job, outputs.digestKey);
  const event = { id: of.id, time: of.createdAt, payload: of.payload };
  const open = windows.digests.get(key);
  if (open) return mergeInto(world, open, of, job, event);
  const wait = waitMs(outputs, of.payload, world.now());
  if (typeof wait !== "number") return haltWith(world, of, job, wait.problem);
  job.digest = { key, events: [event] };
  if (isFirstInLookBack(world, windows, key, outputs)) {
    note(world, job, "Success", "No event within the look-back window: sent without digest");
    job.result = { events: job.digest.events, eventCount: 1 };
    move(world, of, job, "completed");
    return "go on";
  }
  windows.digests.set(key, { notification: of, job });
  job.until = new Date(world.now() + wait * world.delayScale).toISOString();
  note(world, job, "Pending", `Digest collects events until ${job.until}`);
  move(world, of, job, "delayed");
  return finishDigest(world, timers, windows, of, job);
}

export async function finishDigest(
  world: World,
  timers: Timers,
  windows: Windows,
  of: Notification,
  job: Job,
): Promise<StepEnd> {
  const { key, events } = job.digest ?? { key: "", events: [] };
  windows.digests.set(key, { notification: of, job });
  const outcome = await timers.wait(of.id, Date.parse(job.until ?? ""), world.now);
  if (world.closing.aborted) return "interrupted";
  windows.digests.delete(key);
  if (outcome === "canceled" || job.status === "canceled") return "halt";
  job.result = { events, eventCount: events.length };
  note(world, job, "Success", `Digest of ${events.length} event${events.length === 1 ? "" : "s"}`);
  move(world, of, job, "completed");
  return "go on";
}

function mergeInto(
  world: World,
  open: { notification: Notification; job: Job },
  of: Notification,
  job: Job,
  event: { id: string; time: string; payload: Fields },
): StepEnd {
  open.job.digest?.events.push(event);
  world.store.notifications.put(open.notification);
  of.digestedNotificationId = open.notification.id;
  note(world, job, "Success", `Merged into the digest of ${open.notification.transactionId}`);
  for (const later of of.jobs.slice(of.jobs.indexOf(job))) move(world, of, later, "merged");
  return "halt";
}

function isFirstInLookBack(world: World, windows: Windows, key: string, outputs: Fields): boolean {
  const lookBack = durationMs(outputs.lookBackWindow);
  if (lookBack === undefined) return false;
  const last = windows.lastEvent.get(key);
  windows.lastEvent.set(key, world.now());
  return last === undefined || world.now() - last > lookBack * world.delayScale;
}

/** Counts the run in its window; over the threshold the workflow ends here. */
export function throttle(world: World, windows: Windows, of: Notification, job: Job, outputs: Fields): StepEnd {
  const threshold = typeof outputs.threshold === "number" ? outputs.threshold : 1;
  const dynamic =
    typeof outputs.dynamicKey === "string" ? durationMs(valueAt(of.payload, outputs.dynamicKey)) : undefined;
  const length = durationMs(outputs) ?? dynamic;
  if (length === undefined) return haltWith(world, of, job, "The throttle step gave no window (amount and unit)");
  const key = windowKey(of, job, outputs.throttleKey);
  const now = world.now();
  let window = windows.throttles.get(key);
  if (window === undefined || now - window.startMs >= length * world.delayScale) window = { startMs: now, count: 0 };
  window.count++;
  windows.throttles.set(key, window);
  const throttled = window.count > threshold;
  const windowStart = new Date(window.startMs).toISOString();
  job.result = { throttled, executionCount: window.count, threshold, windowStart };
  note(world, job, throttled ? "Warning" : "Success", `Run ${window.count} of ${threshold} within the throttle window`);
  move(world, of, job, throttled ? "skipped" : "completed");
  return throttled ? "halt" : "go on";
}

function haltWith(world: World, of: Notification, job: Job, reason: string): StepEnd {
  fail(world, of, job, reason);
  return "halt";
}
