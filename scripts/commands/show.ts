import { XnovuError } from "../../core/errors.ts";
import { traceIdOf } from "../../core/traceparent.ts";
import type { NotificationDetail } from "../../outbox/reader.ts";
import { type Command, type Context, isSet, json } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { notificationId } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";

export const show: Command = {
  name: "show <id>",
  summary: "show a notification with its timeline",
  examples: [
    ["show 42", "its content, timeline and the outcome for each recipient"],
    ["show 42 --json", "the same for a script"],
  ],
  notes: "Exit code 1 when there is no such notification.",
  flags: [json],
  async run(context, [id = ""], flags) {
    const { show: read } = await import("../../outbox/reader.ts");
    const found = await withPool(context, (pool) => read(pool, notificationId(id)));
    if (found === undefined) throw new XnovuError(`there is no notification ${id}`);
    printNotification(context, found, isSet(flags, "json"));
    return undefined;
  },
};

export function printNotification({ out }: Context, n: NotificationDetail, asJson: boolean): void {
  if (asJson) {
    out(JSON.stringify(n));
    return;
  }
  const facts: (readonly [string, string | null])[] = [
    ["status", n.status],
    ["workflow", n.workflow],
    ["tenant", n.enterpriseId],
    [
      "to",
      n.recipients
        .map((r) =>
          typeof r === "string" ? r : "topicKey" in r ? `topic:${String(r.topicKey)}` : String(r.subscriberId),
        )
        .join(", "),
    ],
    ["transaction", n.transactionId],
    ["trace", n.traceparent && (traceIdOf(n.traceparent) ?? null)],
    ["attempts", `${n.attempts} of ${n.maxAttempts}`],
    ["scheduled for", n.scheduledFor && time(n.scheduledFor)],
    ["next attempt", n.nextAttemptAt && time(n.nextAttemptAt)],
    ["error", n.error],
    ["payload", JSON.stringify(n.payload)],
  ];
  out(`notification ${n.id}`);
  for (const [name, value] of facts)
    if (value !== null) out(`  ${name.padEnd(13)}  ${value.length > 300 ? `${value.slice(0, 299)}…` : value}`);
  out("\ntimeline");
  const rows = n.timeline.map((e) => [
    time(e.at),
    e.from === null ? e.to : e.from === e.to ? `${e.to} (taken over)` : `${e.from} → ${e.to}`,
    String(e.attempt),
    e.workflowId ?? "",
    e.error ?? "",
  ]);
  out(indent(table(["AT", "CHANGE", "TRY", "TEMPORAL WORKFLOW", "ERROR"], rows, 120)));
  if (n.outcomes.length > 0) {
    out("\nrecipients");
    out(
      indent(
        table(
          ["#", "STATUS", "NOVU TRANSACTION", "ERROR"],
          n.outcomes.map((o) => [String(o.ordinal), o.status, o.transactionId, o.error ?? ""]),
          120,
        ),
      ),
    );
  }
}

const indent = (text: string): string => text.replace(/^/gm, "  ");
