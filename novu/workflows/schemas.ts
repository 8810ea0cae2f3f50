import { channels, type WorkflowId } from "./ids.ts";

// JSON Schema as plain constants: the framework discovers zod 4 schemas as empty, and the same constants validate without the framework.
//
// Unknown fields are let through at the top of a payload, on purpose. Novu itself adds some (`__source` on a test from its dashboard),
// producers put their own ids there to find a message again, and a refusal would come only after Novu had accepted the trigger.
// What is fixed is what each channel needs: a misspelt `subject` is still refused, because then `subject` is missing.

// Each pattern runs in linear time: it meets text from producers.
const notBlank = { type: "string", minLength: 1, pattern: "\\S" } as const;
// A line break in a subject would be a second mail header.
const oneLine = { type: "string", minLength: 1, pattern: "^[^\\S\\r\\n]*[^\\s][^\\r\\n]*$" } as const;
const webUrl = { type: "string", maxLength: 2048, pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$" } as const;

const action = (url: { readonly type: "string"; readonly maxLength: number; readonly pattern: string }) =>
  ({
    type: "object",
    description: "A button: what it says and where it leads",
    properties: { label: { ...oneLine, maxLength: 100 }, url },
    required: ["label", "url"],
    additionalProperties: false,
  }) as const;

// 255 is what mail clients and providers keep of a subject; Gmail cuts a message off at 102 KB of HTML.
const subject = { ...oneLine, maxLength: 255, description: "One line" } as const;
const preheader = { ...oneLine, maxLength: 255, description: "The line an inbox shows after the subject" } as const;

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
  // 1600 characters are ten parts: what providers take as one message.
  properties: { body: { ...notBlank, maxLength: 1600, description: "Plain text" } },
  required: ["body"],
  additionalProperties: true,
} as const;

export const pushPayload = {
  type: "object",
  // Apple and Google both stop at 4 KB for the whole message, whatever the alphabet.
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
    avatar: { ...webUrl, description: "Address of a picture" },
    // A path stays inside the application that shows the inbox. `//host` would leave it.
    action: action({ ...webUrl, pattern: "^([Hh][Tt][Tt][Pp][Ss]?://[^\\s]+|/([^/\\s\\\\][^\\s]*)?)$" }),
  },
  required: ["body"],
  additionalProperties: true,
} as const;

export const chatPayload = {
  type: "object",
  // Discord's limit of 2000 is the lowest among the common chat providers.
  properties: { body: { ...notBlank, maxLength: 2000, description: "Text in the chat provider's own markup" } },
  required: ["body"],
  additionalProperties: true,
} as const;

export const multiChannelPayload = {
  type: "object",
  // One text for all channels, so the tightest limits among them hold.
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
    // Short enough that text, label and address together fit one SMS.
    action: action({ ...webUrl, maxLength: 500 }),
  },
  required: ["subject", "body"],
  additionalProperties: true,
} as const;

/** JSON Schema (draft 7) of each workflow's payload: what the bridge checks, for whoever wants to check before sending. */
export const payloadSchemas = {
  email: emailPayload,
  sms: smsPayload,
  push: pushPayload,
  "in-app": inAppPayload,
  chat: chatPayload,
  "multi-channel": multiChannelPayload,
} as const satisfies Record<WorkflowId, object>;
