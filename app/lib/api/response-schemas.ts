import { statuses } from "../../../core/notification.ts";

// JSON Schemas of the API's responses. The tests validate each response against them.

const fields = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});

const text = { type: "string" } as const;
const orNull = { type: ["string", "null"] } as const;
const moment = { type: "string", format: "date-time" } as const;
const momentOrNull = { type: ["string", "null"], format: "date-time" } as const;
const whole = { type: "integer", minimum: 0 } as const;
const id = { type: "string", pattern: "^[1-9][0-9]*$", description: "A 64-bit number, as text" } as const;
const status = { type: "string", enum: statuses } as const;

const accepted = fields({
  id,
  duplicate: {
    type: "boolean",
    description:
      "The transaction id was used before with the same content: the id is that of the first notification, and nothing was stored",
  },
});

const recipients = {
  type: "array",
  description: "In the order of the request",
  items: fields(
    {
      subscriberId: text,
      topicKey: text,
      outcome: { enum: ["SENT", "DEAD", null], description: "null while delivery is not finished" },
      error: orNull,
      at: momentOrNull,
    },
    ["subscriberId", "topicKey"],
  ),
};

const timeline = {
  type: "array",
  items: fields({
    at: moment,
    from: { enum: [...statuses, null], description: "null for the first entry" },
    to: status,
    attempt: whole,
    error: orNull,
  }),
};

export const responseParts: Readonly<Record<string, object>> = {
  Accepted: accepted,
  AcceptedList: fields({
    notifications: {
      type: "array",
      items: { $ref: "#/components/schemas/Accepted" },
      description: "In the order of the request",
    },
  }),
  Notification: fields({
    id,
    workflow: text,
    transactionId: text,
    status,
    attempts: whole,
    maxAttempts: whole,
    priority: whole,
    channels: { type: ["array", "null"], items: text },
    tags: { type: "array", items: text },
    error: orNull,
    createdAt: moment,
    updatedAt: moment,
    scheduledFor: momentOrNull,
    nextAttemptAt: momentOrNull,
    sentAt: momentOrNull,
    recipients,
    timeline,
  }),
  Problem: fields(
    {
      title: text,
      status: { type: "integer" },
      detail: { type: "string", description: "What is wrong, and what to do about it" },
      pointer: { type: "string", description: "JSON Pointer (RFC 6901) of the invalid field in the request's body" },
    },
    ["pointer"],
  ),
};
