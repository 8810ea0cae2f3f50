import { channels, type WorkflowId } from "./ids.ts";

// JSON Schemas as plain constants: the framework reads zod 4 schemas as empty, and these constants also validate without the framework.
//
// Payloads accept unknown fields on purpose. Novu adds some itself (`__source` on a test from its dashboard), producers add ids of their own,
// and an error would come only after Novu accepted the trigger. The fields that a channel needs are required: a misspelt `subject` is
// still refused, because then `subject` is missing.

// Each pattern runs in linear time, because it processes text from producers.
const notBlank = { type: "string", minLength: 1, pattern: "\\S" } as const;
// A line break in a subject would start another mail header.
const oneLine = { type: "string", minLength: 1, pattern: "^[^\\S\\r\\n]*[^\\s][^\\r\\n]*$" } as const;
const webUrl = { type: "string", maxLength: 2048, pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$" } as const;

const action = (url: { readonly type: "string"; readonly maxLength: number; readonly pattern: string }) =>
  ({
    type: "object",
    description: "A button: its label and its URL",
    properties: { label: { ...oneLine, maxLength: 100 }, url },
    required: ["label", "url"],
    additionalProperties: false,
  }) as const;

// Mail clients and providers keep 255 characters of a subject; Gmail truncates a message at 102 KB of HTML.
const subject = { ...oneLine, maxLength: 255, description: "One line" } as const;
const preheader = {
  ...oneLine,
  maxLength: 255,
  description: "The text that an inbox shows after the subject",
} as const;

export const emailPayload = {
  type: "object",
  properties: {
    subject,
    body: { ...notBlank, maxLength: 50_000, description: "Plain text; an empty line starts a new paragraph" },
    preheader,
    action: action({ ...webUrl, pattern: "^([Hh][Tt][Tt][Pp][Ss]?://|[Mm][Aa][Ii][Ll][Tt][Oo]:)[^\\s]+$" }),
  },
  required: ["subject", "body"],
  additionalProperties: true,
} as const;

export const smsPayload = {
  type: "object",
  // 1600 characters are ten segments, the maximum of one message at most providers.
  properties: { body: { ...notBlank, maxLength: 1600, description: "Plain text" } },
  required: ["body"],
  additionalProperties: true,
} as const;

export const pushPayload = {
  type: "object",
  // Apple and Google limit the whole message to 4 KB, in any alphabet.
  properties: {
    title: { ...oneLine, maxLength: 200, description: "One line" },
    body: { ...notBlank, maxLength: 800, description: "Plain text" },
  },
  required: ["title", "body"],
  additionalProperties: true,
} as const;

export const inAppPayload = {
  type: "object",
  properties: {
    subject,
    body: { ...notBlank, maxLength: 5000, description: "Plain text" },
    avatar: { ...webUrl, description: "URL of an image" },
    // A path stays within the application that shows the inbox; `//host` would leave it.
    action: action({ ...webUrl, pattern: "^([Hh][Tt][Tt][Pp][Ss]?://[^\\s]+|/([^/\\s\\\\][^\\s]*)?)$" }),
  },
  required: ["body"],
  additionalProperties: true,
} as const;

export const chatPayload = {
  type: "object",
  // Discord's limit of 2000 is the lowest among the common chat providers.
  properties: { body: { ...notBlank, maxLength: 2000, description: "Text in the markup of the chat provider" } },
  required: ["body"],
  additionalProperties: true,
} as const;

export const multiChannelPayload = {
  type: "object",
  // One text for all channels, so the lowest limit of each applies.
  properties: {
    subject: { ...oneLine, maxLength: 200, description: "One line: mail subject, push title, in-app heading" },
    body: { ...notBlank, maxLength: 800, description: "Plain text" },
    preheader,
    channels: {
      type: "array",
      items: { type: "string", enum: channels },
      minItems: 1,
      uniqueItems: true,
      description: "Only these channels; all when absent",
    },
    // Short enough that text, label and URL fit one SMS together.
    action: action({ ...webUrl, maxLength: 500 }),
  },
  required: ["subject", "body"],
  additionalProperties: true,
} as const;

/** JSON Schema (draft 7) of each workflow's payload. The bridge validates with it, and the API validates before it stores. */
export const payloadSchemas = {
  email: emailPayload,
  sms: smsPayload,
  push: pushPayload,
  "in-app": inAppPayload,
  chat: chatPayload,
  "multi-channel": multiChannelPayload,
} as const satisfies Record<WorkflowId, object>;
