import type { Store } from "./store/store.ts";
import { isFinal, type Job, type Message, type Notification, type Subscriber } from "./types.ts";

export interface FailedStep {
  readonly notificationId: string;
  readonly transactionId: string;
  readonly workflowId: string;
  readonly stepId: string;
  readonly type: Job["type"];
  readonly reason: string;
  readonly at: string;
}

export interface OpenStep {
  readonly transactionId: string;
  readonly workflowId: string;
  readonly stepId: string;
  readonly status: Job["status"];
  readonly until?: string;
}

/** Everything one subscriber received, newest first; what failed on the way; what still runs or waits. */
export interface Inbox {
  readonly subscriberId: string;
  readonly subscriber: Subscriber | null;
  readonly messages: Message[];
  readonly failures: FailedStep[];
  readonly open: OpenStep[];
}

export interface SubscriberSummary {
  readonly subscriberId: string;
  readonly name: string;
  readonly messages: number;
  readonly failures: number;
  readonly lastAt: string;
}

export function inboxOf(store: Store, subscriberId: string): Inbox {
  const own = store.notifications.all().filter((row) => row.subscriberId === subscriberId);
  return {
    subscriberId,
    subscriber: store.subscribers.get(subscriberId) ?? null,
    messages: store.messages
      .all()
      .filter((row) => row.subscriberId === subscriberId)
      .reverse(),
    failures: own.flatMap(failuresOf).reverse(),
    open: own.flatMap(openOf).reverse(),
  };
}

function failuresOf(of: Notification): FailedStep[] {
  return of.jobs
    .filter((job) => job.status === "failed")
    .map((job) => ({
      notificationId: of.id,
      transactionId: of.transactionId,
      workflowId: of.workflowId,
      stepId: job.stepId,
      type: job.type,
      reason: job.error ?? "unknown",
      at: job.updatedAt,
    }));
}

function openOf(of: Notification): OpenStep[] {
  const job = of.jobs.find((one) => !isFinal(one.status));
  if (job === undefined) return [];
  const { transactionId, workflowId } = of;
  const base = { transactionId, workflowId, stepId: job.stepId, status: job.status };
  return [job.until === undefined ? base : { ...base, until: job.until }];
}

/** Every subscriber that is known or was sent something, the most recent first. */
export function subscribersWithMail(store: Store): SubscriberSummary[] {
  const found = new Map<string, { messages: number; failures: number; lastAt: string }>();
  const of = (id: string) => {
    const entry = found.get(id) ?? { messages: 0, failures: 0, lastAt: "" };
    found.set(id, entry);
    return entry;
  };
  for (const { subscriberId } of store.subscribers.all()) of(subscriberId);
  for (const message of store.messages.all()) {
    const entry = of(message.subscriberId);
    if (message.status === "sent") entry.messages++;
    if (message.createdAt > entry.lastAt) entry.lastAt = message.createdAt;
  }
  for (const row of store.notifications.all()) {
    const entry = of(row.subscriberId);
    entry.failures += row.jobs.filter((job) => job.status === "failed").length;
    if (row.updatedAt > entry.lastAt) entry.lastAt = row.updatedAt;
  }
  return [...found]
    .map(([subscriberId, entry]) => {
      const person = store.subscribers.get(subscriberId);
      return { subscriberId, name: [person?.firstName, person?.lastName].filter(Boolean).join(" "), ...entry };
    })
    .sort((a, b) =>
      a.lastAt === b.lastAt ? a.subscriberId.localeCompare(b.subscriberId) : a.lastAt < b.lastAt ? 1 : -1,
    );
}
