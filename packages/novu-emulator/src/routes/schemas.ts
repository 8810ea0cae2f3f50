// JSON schemas of the request bodies, compiled once by fastify. Limits are Novu's.

const nullableText = { type: ["string", "null"] };
const subscriberFields = {
  firstName: nullableText,
  lastName: nullableText,
  email: nullableText,
  phone: nullableText,
  avatar: nullableText,
  locale: nullableText,
  timezone: nullableText,
  data: { type: ["object", "null"] },
};
const subscriberId = { type: "string", minLength: 1, maxLength: 512, pattern: "\\S" };
const subscriber = { type: "object", required: ["subscriberId"], properties: { subscriberId, ...subscriberFields } };
const topicRecipient = {
  type: "object",
  required: ["type", "topicKey"],
  properties: {
    type: { const: "Topic" },
    topicKey: { type: "string", minLength: 1 },
    exclude: { type: "array", items: { type: "string" } },
  },
};
// if/then/else, so that the error of a wrong subscriber names what is wrong with it, and not that it is no topic either.
const recipient = {
  if: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: subscriberId,
  else: {
    type: "object",
    if: { type: "object", required: ["type"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: topicRecipient,
    else: subscriber,
  },
};
const person = { if: { type: "string" }, else: subscriber };

const eventFields = {
  name: { type: "string", minLength: 1 },
  payload: { type: "object" },
  overrides: { type: "object" },
  transactionId: { type: "string", minLength: 1 },
  actor: person,
  tenant: { type: ["string", "object"] },
  context: { type: "object" },
  bridgeUrl: { type: "string" },
};
export const trigger = {
  type: "object",
  required: ["name", "to"],
  properties: {
    ...eventFields,
    to: {
      if: { type: "array" },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { type: "array", minItems: 1, maxItems: 100, items: recipient },
      else: recipient,
    },
  },
};
export const bulkTrigger = {
  type: "object",
  required: ["events"],
  properties: { events: { type: "array", minItems: 1, maxItems: 100, items: trigger } },
};
export const broadcast = { type: "object", required: ["name", "payload"], properties: eventFields };

export const createSubscriber = subscriber;
export const patchSubscriber = { type: "object", properties: subscriberFields };
export const bulkSubscribers = {
  type: "object",
  required: ["subscribers"],
  properties: { subscribers: { type: "array", minItems: 1, maxItems: 500, items: subscriber } },
};

const topicData = { data: { type: ["object", "null"] }, name: { type: "string", maxLength: 100 } };
export const upsertTopic = {
  type: "object",
  required: ["key"],
  properties: { key: { type: "string", minLength: 1, maxLength: 100, pattern: "^[a-zA-Z0-9_:@.-]+$" }, ...topicData },
};
export const patchTopic = { type: "object", properties: topicData };
const subscriptionEntry = {
  type: ["string", "object"],
  properties: { identifier: { type: "string" }, subscriberId: { type: "string" } },
};
export const subscriptions = {
  type: "object",
  properties: {
    subscriberIds: { type: "array", maxItems: 100, items: { type: "string", minLength: 1 } },
    subscriptions: { type: "array", maxItems: 100, items: subscriptionEntry },
  },
  anyOf: [{ required: ["subscriberIds"] }, { required: ["subscriptions"] }],
};
export const bridgeSync = {
  type: "object",
  required: ["bridgeUrl"],
  properties: { bridgeUrl: { type: "string", pattern: "^https?://" } },
};
