/** Ids of the workflows that the bridge serves, in display order. This file imports nothing, so that it loads fast. */
export const workflowIds = ["email", "sms", "push", "in-app", "chat", "multi-channel"] as const;
export type WorkflowId = (typeof workflowIds)[number];

/** The channels of a `multi-channel` notification whose payload names none, in the order they run. */
export const channels = ["in-app", "email", "push", "chat", "sms"] as const;
export type Channel = (typeof channels)[number];

/** The channel of each workflow, as a metric label. `multi-channel` uses several channels and counts under its own name. */
export const channelOf: Readonly<Record<WorkflowId, Channel | "multi-channel">> = {
  email: "email",
  sms: "sms",
  push: "push",
  "in-app": "in-app",
  chat: "chat",
  "multi-channel": "multi-channel",
};
