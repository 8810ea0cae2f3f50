import { workflow } from "@novu/framework";
import { plainOutput } from "./controls.ts";
import { inAppOutput } from "./in-app-output.ts";
import { inAppPayload } from "./schemas.ts";

export const inApp = workflow(
  "in-app",
  async ({ step, payload }) => {
    await step.inApp("in-app", () => inAppOutput(payload), plainOutput);
  },
  { name: "In-app", description: "One message in the subscriber's inbox", payloadSchema: inAppPayload },
);
