import { workflow } from "@novu/framework";
import { renderEmail } from "../templates/email.ts";
import { emailFrame, htmlStep } from "./controls.ts";
import { emailPayload } from "./schemas.ts";

export const email = workflow(
  "email",
  async ({ step, payload }) => {
    await step.email(
      "email",
      (controls) => ({ subject: payload.subject, body: renderEmail(payload, controls) }),
      htmlStep(emailFrame),
    );
  },
  { name: "Email", description: "One mail with a subject, a text and a button", payloadSchema: emailPayload },
);
