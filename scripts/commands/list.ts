import { UsageError } from "../../core/errors.ts";
import { type Status, statuses } from "../../core/notification.ts";
import { type Command, isSet, json, tenantFlag, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count, notificationId } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";

export const list: Command = {
  name: "list",
  summary: "list notifications, newest first",
  examples: [
    ["list", "the newest 20"],
    ["list --status DEAD --json", "dead letters, for a script"],
    ["list --tenant acme --before 1200", "the next page of one tenant"],
  ],
  flags: [
    { flags: "--status <status>", about: `only ${statuses.join(", ")}` },
    tenantFlag("only this tenant"),
    { flags: "--workflow <id>", about: "only this workflow" },
    { flags: "-n, --limit <count>", about: "at most this many", fallback: "20" },
    { flags: "--before <id>", about: "only ids below this one, for the next page" },
    json,
  ],
  async run(context, _args, flags) {
    const status = text(flags, "status")?.toUpperCase();
    const isStatus = (value: string): value is Status => statuses.some((known) => known === value);
    if (status !== undefined && !isStatus(status))
      throw new UsageError(`--status must be one of ${statuses.join(", ")}`);
    const [enterpriseId, workflow, before] = ["tenant", "workflow", "before"].map((name) => text(flags, name));
    const filter = {
      limit: count(text(flags, "limit") ?? "20", "--limit", 1, 10_000),
      ...(status === undefined ? {} : { status }),
      ...(enterpriseId === undefined ? {} : { enterpriseId }),
      ...(workflow === undefined ? {} : { workflow }),
      ...(before === undefined ? {} : { before: notificationId(before) }),
    };
    const { list: read } = await import("../../outbox/reader.ts");
    const rows = await withPool(context, (pool) => read(pool, filter));
    if (isSet(flags, "json")) return void context.out(JSON.stringify(rows));
    if (rows.length === 0) return void context.note("No notification matches.");
    const cells = rows.map((n) => [
      n.id,
      n.status,
      n.workflow,
      n.enterpriseId,
      String(n.recipients),
      `${n.attempts}/${n.maxAttempts}`,
      time(n.createdAt),
      n.error ?? "",
    ]);
    context.out(table(["ID", "STATUS", "WORKFLOW", "TENANT", "TO", "TRIES", "CREATED", "ERROR"], cells));
    return undefined;
  },
};
