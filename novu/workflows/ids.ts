/** Ids of the workflows that the bridge serves, in the order they are shown. Imports nothing, so that listing them costs nothing. */
export const workflowIds = ["email", "sms", "push", "in-app", "chat", "multi-channel"] as const;
export type WorkflowId = (typeof workflowIds)[number];

/** The channels a `multi-channel` notification goes through when its payload names none, in the order they run. */
export const channels = ["in-app", "email", "push", "chat", "sms"] as const;
export type Channel = (typeof channels)[number];

/** The channel that a workflow sends through, for the metrics. `multi-channel` takes the ones that its payload names, and counts under its own name. */
export const channelOf: Readonly<Record<WorkflowId, Channel | "multi-channel">> = {
  email: "email",
  sms: "sms",
  push: "push",
  "in-app": "in-app",
  chat: "chat",
  "multi-channel": "multi-channel",
};
