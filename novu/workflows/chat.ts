import { workflow } from "@novu/framework";
import { chatPayload } from "./schemas.ts";

export const chat = workflow(
  "chat",
  async ({ step, payload }) => {
    await step.chat("chat", () => ({ body: payload.body }));
  },
  { name: "Chat", description: "One message in the subscriber's chat channels", payloadSchema: chatPayload },
);
