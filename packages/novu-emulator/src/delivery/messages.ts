import { newId } from "../ids.ts";
import {
  type Channel,
  type Fields,
  isFields,
  type Job,
  type Message,
  type Notification,
  type Subscriber,
} from "../types.ts";
import { isoNow, type World } from "../world.ts";

export type MessageDraft =
  | { readonly kind: "message"; readonly message: Message }
  /** The message is kept with the reason, as Novu does, and the job fails. */
  | { readonly kind: "undeliverable"; readonly message: Message; readonly reason: string };

/** The message that a channel step's outputs make for a subscriber, or why it reaches nobody. Pure but for the id. */
export function draft(
  world: World,
  notification: Notification,
  job: Job,
  channel: Channel,
  outputs: Fields,
  subscriber: Subscriber | undefined,
): MessageDraft {
  const base = baseMessage(world, notification, job, channel, outputs);
  const addressed = { ...base, ...address(channel, notification.overrides, subscriber) };
  const problem = missing(channel, outputs, addressed);
  if (problem === undefined) return { kind: "message", message: addressed };
  const message: Message = { ...addressed, status: problem.status, errorId: problem.id, errorText: problem.reason };
  return { kind: "undeliverable", message, reason: problem.reason };
}

const shown = new Set(["subject", "body", "avatar", "primaryAction"]);

function baseMessage(world: World, of: Notification, job: Job, channel: Channel, outputs: Fields): Message {
  const message: Message = {
    id: newId(world.now()),
    notificationId: of.id,
    subscriberId: of.subscriberId,
    workflowId: of.workflowId,
    stepId: job.stepId,
    transactionId: of.transactionId,
    channel,
    content: contentOf(outputs),
    extra: Object.fromEntries(Object.entries(outputs).filter(([name]) => !shown.has(name))),
    status: "sent",
    read: false,
    seen: false,
    payload: of.payload,
    overrides: of.overrides,
    createdAt: isoNow(world),
  };
  const subject = overridden(of.overrides, channel).subject ?? outputs.subject;
  if (typeof subject === "string") message.subject = subject;
  if (typeof outputs.avatar === "string") message.avatar = outputs.avatar;
  const cta = ctaOf(outputs.primaryAction);
  if (cta) message.cta = cta;
  return message;
}

function contentOf(outputs: Fields): string {
  if (typeof outputs.body === "string") return outputs.body;
  return outputs.card === undefined ? "" : JSON.stringify(outputs.card);
}

function ctaOf(action: unknown): Message["cta"] {
  if (!isFields(action) || typeof action.label !== "string") return undefined;
  const url = isFields(action.redirect) ? action.redirect.url : undefined;
  return { label: action.label, ...(typeof url === "string" ? { url } : {}) };
}

function overridden(overrides: Fields, channel: Channel): Fields {
  const found = overrides[channel];
  return isFields(found) ? found : {};
}

function address(channel: Channel, overrides: Fields, subscriber: Subscriber | undefined): Partial<Message> {
  const to = overridden(overrides, channel).to;
  const instead = typeof to === "string" ? to : Array.isArray(to) && typeof to[0] === "string" ? to[0] : undefined;
  const email = instead ?? subscriber?.email;
  const phone = instead ?? subscriber?.phone;
  if (channel === "email") return email ? { email } : {};
  if (channel === "sms") return phone ? { phone } : {};
  return {};
}

interface Problem {
  readonly status: "warning" | "error";
  readonly id: string;
  readonly reason: string;
}

function missing(channel: Channel, outputs: Fields, message: Message): Problem | undefined {
  if (channel === "email" && message.email === undefined)
    return { status: "warning", id: "mail_unexpected_error", reason: "Subscriber does not have an email address" };
  if (channel === "sms" && message.phone === undefined)
    return { status: "warning", id: "no_subscriber_phone", reason: "Subscriber does not have a phone number" };
  const lacks = (name: string): Problem => ({
    status: "error",
    id: "message_content_not_generated",
    reason: `Message content could not be generated: the ${channel} step gave no ${name} (${names(outputs)})`,
  });
  if (channel === "email" && !message.subject) return lacks("subject");
  if (channel === "in_app" ? !message.content && !message.subject : !message.content) return lacks("body");
  return undefined;
}

const names = (outputs: Fields) =>
  Object.keys(outputs).length === 0
    ? "its outputs are empty: the workflow did not run this step, or it runs only under a condition"
    : `it gave ${Object.keys(outputs).join(", ")}`;
