import { workflow } from "@novu/framework";
import { pushPayload } from "./schemas.ts";

export const push = workflow(
  "push",
  async ({ step, payload }) => {
    await step.push("push", () => ({ subject: payload.title, body: payload.body }));
  },
  { name: "Push", description: "One push message with a title", payloadSchema: pushPayload },
);
