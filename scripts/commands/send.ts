import { UsageError, XnovuError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import { traceIdOf } from "../../core/traceparent.ts";
import { workflowIds } from "../../novu/workflows/ids.ts";
import { type Command, type Context, type Flags, isSet, json, tenantFlag, text, texts } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count, jsonObject, moment, recipient } from "../cli/input.ts";

export const send: Command = {
  name: "send <workflow>",
  summary: "send a notification",
  examples: [
    [
      `send email --to ada=ada@example.com --payload '{"subject":"Hi","body":"First one"}'`,
      "to a subscriber with an address",
    ],
    ["send sms --to bob=+4912345 --payload @sms.json --wait", "payload from a file; wait until it is sent"],
    [`send in-app --to topic:news --at 10m --payload '{"body":"Soon"}'`, "to a topic, in ten minutes"],
  ],
  notes: `Workflows of this project: ${workflowIds.join(", ")}. Any other workflow that Novu knows works too.\nSending the same --transaction-id with the same content again sends nothing and prints the first id.\nTRACEPARENT in the environment (W3C trace context) is stored with the notification: the worker's spans join that trace.`,
  flags: [
    {
      flags: "--to <recipient>",
      about: "subscriber id, id=address, topic:key, or a JSON object; repeat for several",
      repeat: true,
    },
    { flags: "--payload <json>", about: "payload as JSON, @file, or - for standard input", fallback: "{}" },
    { flags: "--at <time>", about: "send at this time, or after a delay such as 10m" },
    { ...tenantFlag("tenant that sends it"), fallback: "default" },
    { flags: "--transaction-id <id>", about: "idempotency key of this notification, unique per tenant" },
    { flags: "--priority <0-100>", about: "higher is sent first", fallback: "50" },
    {
      flags: "--channels <list>",
      about: "only these channels of a multi-channel workflow: email,sms,push,in_app,chat",
    },
    { flags: "--overrides <json>", about: "Novu's overrides as JSON or @file" },
    { flags: "--wait [seconds]", about: "wait until it is sent, 30 seconds by default; exit code 1 when it is not" },
    json,
  ],
  async run(context, [workflow = ""], flags) {
    const notification = readNotification(workflow, flags);
    // Parsed before the insert: a wrong flag must not leave a notification behind.
    const waitFor =
      flags.wait === undefined
        ? undefined
        : count(typeof flags.wait === "string" ? flags.wait : "30", "--wait", 1, 3600);
    return await withPool(context, async (pool) => {
      const { enqueue } = await import("../../outbox/producer.ts");
      const id = await enqueue(pool, { ...notification, ...traceOf(context) });
      if (waitFor !== undefined) return await waitUntilSent(context, pool, id, waitFor, flags);
      context.out(
        isSet(flags, "json")
          ? JSON.stringify({ id })
          : `notification ${id} is accepted; show it with: pnpm xnovu show ${id}`,
      );
      return undefined;
    });
  },
};

/** The trace context of the calling pipeline or shell. An invalid one is ignored, as the specification requires. */
function traceOf({ env, note }: Context): { readonly traceparent?: string } {
  const traceparent = env.TRACEPARENT?.trim();
  if (!traceparent) return {};
  if (traceIdOf(traceparent) !== undefined) return { traceparent };
  note("xnovu: TRACEPARENT is not a valid W3C trace context; the notification is sent without a trace");
  return {};
}

function readNotification(workflow: string, flags: Flags) {
  const recipients = texts(flags, "to").map(recipient);
  if (recipients.length === 0)
    throw new UsageError(
      "--to is missing: who receives the notification?",
      "Examples: --to ada, --to ada=ada@example.com, --to topic:news",
    );
  const [at, transactionId, channels, overrides] = ["at", "transactionId", "channels", "overrides"].map((name) =>
    text(flags, name),
  );
  return {
    enterpriseId: text(flags, "tenant") ?? "default",
    workflow,
    recipients,
    payload: jsonObject(text(flags, "payload") ?? "{}", "--payload"),
    priority: count(text(flags, "priority") ?? "50", "--priority", 0, 100),
    ...(at === undefined ? {} : { scheduledFor: moment(at) }),
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(channels === undefined ? {} : { channels: channels.split(",").map((channel) => channel.trim()) }),
    ...(overrides === undefined ? {} : { overrides: jsonObject(overrides, "--overrides") }),
  };
}

async function waitUntilSent(
  context: Context,
  pool: import("pg").Pool,
  id: string,
  seconds: number,
  flags: Flags,
): Promise<number> {
  const { show } = await import("../../outbox/reader.ts");
  const { printNotification } = await import("./show.ts");
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await show(pool, id);
    if (found === undefined) throw new XnovuError(`notification ${id} has disappeared`);
    const ended = ["SENT", "DEAD", "RETRACTED"].includes(found.status);
    if (ended || Date.now() > deadline) {
      printNotification(context, found, isSet(flags, "json"));
      if (!ended)
        context.note(
          `xnovu: notification ${id} is still ${found.status} after ${seconds} s; is a worker running? (pnpm xnovu worker status)`,
        );
      return found.status === "SENT" ? 0 : 1;
    }
    await sleep(100);
  }
}
