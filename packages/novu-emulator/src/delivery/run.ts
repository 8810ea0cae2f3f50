import { type BridgeReply, execute } from "../bridge-client.ts";
import { type Fields, isAction, isFields, isFinal, type Job, type Notification, type Subscriber } from "../types.ts";
import { bridgeUrlOf, type World } from "../world.ts";
import { delay, digest, finishDigest, finishWait, type StepEnd, throttle, type Windows } from "./actions.ts";
import { fail, move, note } from "./details.ts";
import { draft } from "./messages.ts";
import type { Limiter, Timers } from "./timers.ts";

export interface Delivery {
  readonly world: World;
  readonly timers: Timers;
  readonly windows: Windows;
  readonly limiter: Limiter;
}

/** Runs the notification's steps in order, from the first that is not final: also after a restart. */
export async function run(delivery: Delivery, notification: Notification): Promise<void> {
  for (const job of notification.jobs) {
    if (isFinal(job.status)) continue;
    const end = await runStep(delivery, notification, job);
    if (end === "interrupted") return;
    if (end === "halt") return cancelRest(delivery.world, notification);
  }
}

function cancelRest(world: World, notification: Notification): void {
  for (const job of notification.jobs) {
    if (isFinal(job.status)) continue;
    note(world, job, "Warning", "Not run: an earlier step ended the workflow");
    move(world, notification, job, "canceled");
  }
}

async function runStep(delivery: Delivery, notification: Notification, job: Job): Promise<StepEnd> {
  const { world, timers, windows } = delivery;
  if (job.status === "delayed")
    return job.type === "digest"
      ? finishDigest(world, timers, windows, notification, job)
      : finishWait(world, timers, notification, job);
  // Not saved: a process that dies here leaves the job pending, and the next one runs it.
  job.status = "running";
  const reply = await delivery.limiter.run(() => callBridge(world, notification, job));
  if (world.closing.aborted) return "interrupted";
  // A cancel that came while the bridge worked wins.
  if (isFinal(job.status)) return "halt";
  if (reply.tries > 1)
    note(world, job, "Warning", `The bridge was called ${reply.tries} times`, { isRetry: true, source: "Webhook" });
  if (reply.kind === "failed") {
    fail(world, notification, job, reply.reason, reply.raw);
    // As in Novu: a delay, digest, throttle or custom step that fails ends the workflow, a channel that fails does not.
    return isAction(job.type) ? "halt" : "go on";
  }
  return applyReply(delivery, notification, job, reply.body);
}

async function applyReply(delivery: Delivery, of: Notification, job: Job, body: Fields): Promise<StepEnd> {
  const { world, timers, windows } = delivery;
  const outputs = isFields(body.outputs) ? body.outputs : {};
  if (isFields(body.options) && body.options.skip === true) {
    note(world, job, "Success", "Step was skipped: its skip condition held");
    move(world, of, job, "skipped");
    return "go on";
  }
  switch (job.type) {
    case "delay":
      return delay(world, timers, of, job, outputs);
    case "digest":
      return digest(world, timers, windows, of, job, outputs);
    case "throttle":
      return throttle(world, windows, of, job, outputs);
    case "custom":
      job.result = outputs;
      note(world, job, "Success", "Custom step ran");
      move(world, of, job, "completed");
      return "go on";
    default:
      return sendMessage(world, of, job, job.type, outputs);
  }
}

function sendMessage(world: World, of: Notification, job: Job, channel: Parameters<typeof draft>[3], outputs: Fields) {
  const made = draft(world, of, job, channel, outputs, world.store.subscribers.get(of.subscriberId));
  world.store.messages.put(made.message);
  job.messageId = made.message.id;
  if (channel === "in_app") job.result = { seen: false, read: false, lastSeenDate: null, lastReadDate: null };
  if (made.kind === "undeliverable") {
    fail(world, of, job, made.reason);
    return "go on" as const;
  }
  note(world, job, "Success", "Message created");
  if (channel !== "in_app")
    note(world, job, "Success", "Message kept in the local inbox: this server has no real provider", {
      source: "Credentials",
    });
  move(world, of, job, "completed");
  return "go on" as const;
}

function callBridge(world: World, of: Notification, job: Job): Promise<BridgeReply> {
  const bridgeUrl = bridgeUrlOf(world);
  if (bridgeUrl === undefined) {
    const reason = "No bridge address is known: sync the workflows first (POST /v1/bridge/sync)";
    return Promise.resolve({ kind: "failed", reason, raw: reason, tries: 0 });
  }
  const body: Fields = {
    payload: of.payload,
    controls: {},
    state: stateBefore(world, of, job),
    subscriber: subscriberFor(world.store.subscribers.get(of.subscriberId), of.subscriberId),
    context: {},
    env: {},
    ...(of.actor === undefined ? {} : { actor: typeof of.actor === "string" ? { subscriberId: of.actor } : of.actor }),
  };
  return execute(bridgeUrl, { workflowId: of.workflowId, stepId: job.stepId, body }, world.bridge, world.closing);
}

/** The results of every earlier step, newest first. */
function stateBefore(world: World, of: Notification, job: Job): Fields[] {
  return of.jobs
    .slice(0, of.jobs.indexOf(job))
    .map((earlier) => ({
      stepId: earlier.stepId,
      outputs: earlier.type === "in_app" ? inAppResult(world, earlier) : earlier.result,
      state: { status: earlier.status, ...(earlier.error === undefined ? {} : { error: earlier.error }) },
    }))
    .reverse();
}

// Whether it was read is checked when the later step runs, not when the message was created.
function inAppResult(world: World, job: Job): Fields {
  const message = world.store.messages.get(job.messageId ?? "");
  return {
    seen: message?.seen ?? false,
    read: message?.read ?? false,
    lastSeenDate: message?.lastSeenDate ?? null,
    lastReadDate: message?.lastReadDate ?? null,
  };
}

function subscriberFor(subscriber: Subscriber | undefined, subscriberId: string): Fields {
  if (subscriber === undefined) return { subscriberId };
  const { id: _id, createdAt: _created, updatedAt: _updated, ...fields } = subscriber;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
