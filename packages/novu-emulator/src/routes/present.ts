import { environmentId, organizationId } from "../ids.ts";
import type {
  Channel,
  Fields,
  Job,
  Message,
  Notification,
  Subscriber,
  Subscription,
  Topic,
  Workflow,
} from "../types.ts";
import type { World } from "../world.ts";

// Rows as Novu's API shows them: the SDK's schemas are strict, so nothing is null or absent that they do not allow.

const owner = { _environmentId: environmentId, _organizationId: organizationId };

export function subscriberOf(row: Subscriber): Fields {
  const { id, ...fields } = row;
  return { _id: id, ...owner, ...fields, channels: [], deleted: false, __v: 0 };
}

export function topicOf(row: Topic): Fields {
  const { id, ...fields } = row;
  return { _id: id, ...fields };
}

export function subscriptionOf(world: World, row: Subscription): Fields {
  const topic = world.store.topics.get(row.topicKey);
  const subscriber = world.store.subscribers.get(row.subscriberId);
  return {
    _id: row.id,
    identifier: row.identifier,
    topic: topic ? topicOf(topic) : { _id: row.id, key: row.topicKey },
    subscriber: subscriber ? personOf(subscriber) : null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

const personOf = ({ id, subscriberId, avatar, firstName, lastName, email }: Subscriber): Fields => ({
  _id: id,
  subscriberId,
  avatar,
  firstName,
  lastName,
  email,
});

const providers: Readonly<Record<Channel, string>> = {
  email: "novu-email",
  sms: "novu-sms",
  push: "push-webhook",
  in_app: "novu",
  chat: "chat-webhook",
};
const providerOf = (type: string): string => (type in providers ? providers[type as Channel] : "novu");

export function messageOf(world: World, row: Message): Fields {
  const subscriber = world.store.subscribers.get(row.subscriberId);
  const workflow = world.store.workflows.get(row.workflowId);
  return {
    _id: row.id,
    ...owner,
    _notificationId: row.notificationId,
    _subscriberId: subscriber?.id ?? row.subscriberId,
    _templateId: workflow?.id ?? null,
    _feedId: null,
    ...(subscriber ? { subscriber: subscriberOf(subscriber) } : {}),
    templateIdentifier: row.workflowId,
    createdAt: row.createdAt,
    deliveredAt: row.status === "sent" ? [row.createdAt] : [],
    lastSeenDate: row.lastSeenDate,
    lastReadDate: row.lastReadDate,
    content: row.content,
    transactionId: row.transactionId,
    subject: row.subject,
    title: row.channel === "push" ? row.subject : undefined,
    channel: row.channel,
    read: row.read,
    seen: row.seen,
    email: row.email,
    phone: row.phone,
    providerId: providerOf(row.channel),
    cta: row.cta ? { type: "redirect", data: { url: row.cta.url } } : {},
    status: row.status,
    errorId: row.errorId,
    errorText: row.errorText,
    payload: row.payload,
    overrides: row.overrides,
  };
}

export function activityOf(world: World, row: Notification): Fields {
  const workflow = world.store.workflows.get(row.workflowId);
  const subscriber = world.store.subscribers.get(row.subscriberId);
  return {
    _id: row.id,
    ...owner,
    _subscriberId: subscriber?.id ?? row.subscriberId,
    transactionId: row.transactionId,
    _templateId: workflow?.id,
    _digestedNotificationId: row.digestedNotificationId,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    channels: [...new Set(row.jobs.map((job) => job.type).filter((type) => type in providers))],
    subscriber: activitySubscriber(row.subscriberId, subscriber),
    template: {
      ...(workflow ? { _id: workflow.id } : {}),
      name: workflow?.name ?? row.workflowId,
      origin: "external",
      triggers: [{ type: "event", identifier: row.workflowId, variables: [] }],
    },
    jobs: row.jobs.map((job) => jobOf(job, row)),
    payload: row.payload,
    to: { subscriberId: row.subscriberId },
    tags: workflow?.tags ?? [],
    topics: row.topics.map((key) => ({ topicId: world.store.topics.get(key)?.id ?? key, topicKey: key })),
  };
}

function activitySubscriber(subscriberId: string, subscriber: Subscriber | undefined): Fields {
  const given = Object.entries({
    firstName: subscriber?.firstName,
    lastName: subscriber?.lastName,
    email: subscriber?.email,
    phone: subscriber?.phone,
  }).filter(([, value]) => typeof value === "string");
  return { subscriberId, _id: subscriber?.id ?? subscriberId, ...Object.fromEntries(given) };
}

function jobOf(job: Job, of: Notification): Fields {
  return {
    _id: job.id,
    type: job.type,
    status: job.status,
    updatedAt: job.updatedAt,
    providerId: providerOf(job.type),
    payload: of.payload,
    overrides: of.overrides,
    ...(job.digest
      ? { digest: { type: "regular", digestKey: job.digest.key.split("\0").at(-1), events: job.digest.events } }
      : {}),
    step: { _id: job.id, _templateId: job.id, active: true, filters: [], name: job.stepId },
    executionDetails: job.executionDetails.map(({ id, ...detail }) => ({ _id: id, ...detail, isTest: false })),
  };
}

export function workflowOf(row: Workflow): Fields {
  return {
    _id: row.id,
    workflowId: row.workflowId,
    slug: `${row.workflowId}_wf_${row.id}`,
    name: row.name,
    tags: row.tags,
    status: "ACTIVE",
    origin: "external",
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    stepTypeOverviews: row.steps.map((step) => step.type),
    steps: row.steps.map((step) => ({ slug: `${step.stepId}_st_${step.id}`, type: step.type })),
  };
}
