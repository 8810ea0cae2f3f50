import { workflow } from "@novu/framework";
import { smsPayload } from "./schemas.ts";

export const sms = workflow(
  "sms",
  async ({ step, payload }) => {
    await step.sms("sms", () => ({ body: payload.body }));
  },
  { name: "SMS", description: "One text message", payloadSchema: smsPayload },
);
