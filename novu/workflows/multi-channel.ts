import { workflow } from "@novu/framework";
import { renderEmail } from "../templates/email.ts";
import { emailFrame, htmlStep, plainOutput } from "./controls.ts";
import type { Channel } from "./ids.ts";
import { inAppOutput } from "./in-app-output.ts";
import { multiChannelPayload } from "./schemas.ts";

export const multiChannel = workflow(
  "multi-channel",
  async ({ step, payload }) => {
    const { subject, body, action } = payload;
    const skip = (channel: Channel) => () => payload.channels !== undefined && !payload.channels.includes(channel);
    // Chat and SMS have no button: the URL follows the text.
    const withLink = action === undefined ? body : `${body}\n${action.label}: ${action.url}`;

    await step.inApp("in-app", () => inAppOutput({ subject, body, action }), { ...plainOutput, skip: skip("in-app") });
    await step.email("email", (controls) => ({ subject, body: renderEmail(payload, controls) }), {
      ...htmlStep(emailFrame),
      skip: skip("email"),
    });
    await step.push("push", () => ({ subject, body }), { skip: skip("push") });
    await step.chat("chat", () => ({ body: withLink }), { skip: skip("chat") });
    await step.sms("sms", () => ({ body: withLink }), { skip: skip("sms") });
  },
  {
    name: "Multi-channel",
    description: "One message through every channel, or only through those that the payload names",
    payloadSchema: multiChannelPayload,
  },
);
