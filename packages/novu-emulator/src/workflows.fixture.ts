import { workflow } from "@novu/framework";

const named = {
  type: "object",
  properties: { name: { type: "string" }, post: { type: "string" } },
  required: ["name"],
  additionalProperties: false,
} as const;
const options = { payloadSchema: named };

const everyChannel = workflow(
  "every-channel",
  async ({ step, payload }) => {
    await step.email("mail", async () => ({ subject: `Hello ${payload.name}`, body: "<p>Welcome</p>" }));
    const seen = await step.inApp("bell", async () => ({
      subject: "Hi",
      body: "In the app",
      primaryAction: { label: "Open", redirect: { url: "https://example.com/x" } },
    }));
    await step.sms("text", async () => ({ body: `SMS ${payload.name}, read=${seen.read}` }));
    await step.push("push", async () => ({ subject: "Push", body: "Pushed" }));
    await step.chat("chat", async () => ({ body: "Chatted" }));
  },
  { ...options, name: "Every channel", tags: ["demo"] },
);

export const mailOnly = workflow(
  "mail-only",
  async ({ step, payload }) => {
    await step.email("mail", async () => ({ subject: `Hello ${payload.name}`, body: "Plain text" }));
  },
  options,
);

const delayed = workflow(
  "delayed",
  async ({ step }) => {
    const { duration } = await step.delay("wait", async () => ({ type: "regular", amount: 1, unit: "hours" }));
    await step.sms("text", async () => ({ body: `after ${duration}` }));
  },
  options,
);

const digested = workflow(
  "digested",
  async ({ step }) => {
    const { events } = await step.digest("collect", async () => ({ amount: 1, unit: "hours", digestKey: "post" }));
    await step.inApp("bell", async () => ({
      body: `${events.length}: ${events.map((e) => e.payload.name).join(",")}`,
    }));
  },
  options,
);

const throttled = workflow(
  "throttled",
  async ({ step }) => {
    await step.throttle("limit", async () => ({ type: "fixed", amount: 1, unit: "hours", threshold: 2 }));
    await step.sms("text", async () => ({ body: "through" }));
  },
  options,
);

const mixed = workflow(
  "mixed",
  async ({ step }) => {
    const { twice } = await step.custom("compute", async () => ({ twice: 42 }), {
      outputSchema: { type: "object", properties: { twice: { type: "number" } }, required: ["twice"] } as const,
    });
    await step.sms("skipped", async () => ({ body: "never" }), { skip: () => true });
    await step.chat("throws", async () => {
      throw new Error("template broke");
    });
    await step.sms("text", async () => ({ body: `twice is ${twice}` }));
  },
  options,
);

export const allWorkflows = [everyChannel, mailOnly, delayed, digested, throttled, mixed];
