import { channelNames } from "../../../core/notification.ts";
import { type WorkflowId, workflowIds } from "../../../novu/workflows/ids.ts";
import { payloadSchemas } from "../../../novu/workflows/schemas.ts";

// JSON Schemas (draft 7, which OpenAPI 3.1 accepts) that validate requests and appear in openapi.ts.
// A description that starts in lower case completes the error message "<field> must be …".

/** Maximum number of notifications in one request. */
export const maxBatch = 100;

const name = { type: "string", minLength: 1, maxLength: 255, pattern: "\\S" } as const;
const shortText = { type: "string", maxLength: 255 } as const;

const recipient = {
  description:
    'a subscriber id, an object with "subscriberId", or {"type":"Topic","topicKey":"…"}, each id 1 to 255 characters',
  anyOf: [
    name,
    {
      type: "object",
      description: "A subscriber with the attributes for Novu: email, phone, firstName and so on",
      properties: { subscriberId: name },
      required: ["subscriberId"],
      not: { required: ["topicKey"] },
    },
    {
      type: "object",
      properties: { type: { const: "Topic" }, topicKey: name },
      required: ["type", "topicKey"],
    },
  ],
} as const;

const payloadName: Readonly<Record<WorkflowId, string>> = {
  email: "EmailPayload",
  sms: "SmsPayload",
  push: "PushPayload",
  "in-app": "InAppPayload",
  chat: "ChatPayload",
  "multi-channel": "MultiChannelPayload",
};

/** The schemas that `newNotification` refers to. */
export const requestParts: Readonly<Record<string, object>> = {
  Recipient: recipient,
  ...Object.fromEntries(workflowIds.map((id) => [payloadName[id], payloadSchemas[id]])),
};

const part = (of: string) => ({ $ref: `#/components/schemas/${of}` });

/** A notification to send. Its tenant is that of the key. */
export const newNotification = {
  type: "object",
  properties: {
    workflow: { type: "string", enum: workflowIds },
    recipients: {
      description: "one recipient, or a list of 1 to 10,000 different ones",
      anyOf: [part("Recipient"), { type: "array", items: part("Recipient"), minItems: 1, maxItems: 10_000 }],
    },
    payload: { type: "object", description: "The data for the workflow's messages; at most 1 MiB" },
    overrides: { type: "object", description: "Overrides for Novu; at most 1 MiB" },
    channels: {
      type: "array",
      items: { type: "string", enum: channelNames },
      minItems: 1,
      maxItems: channelNames.length,
      description: "Use only these channels of a workflow that has several",
    },
    category: shortText,
    tags: { type: "array", items: shortText, maxItems: 100 },
    priority: { type: "integer", minimum: 0, maximum: 100, default: 50, description: "Higher values go first" },
    scheduledFor: {
      type: "string",
      format: "date-time",
      description: "a time with an offset, such as 2026-12-24T18:00:00+01:00",
    },
    transactionId: {
      type: "string",
      pattern: "^[A-Za-z0-9._:@+=-]{1,200}$",
      description: "1 to 200 characters of A-Z a-z 0-9 . _ : @ + = -",
    },
  },
  required: ["workflow", "recipients", "payload"],
  additionalProperties: false,
  allOf: workflowIds.map((id) => ({
    if: { properties: { workflow: { const: id } }, required: ["workflow"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { payload: part(payloadName[id]) } },
  })),
};
