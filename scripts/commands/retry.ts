import { UsageError } from "../../core/errors.ts";
import { type Command, isSet, json, tenantFlag, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count, notificationId } from "../cli/input.ts";

const tenant = tenantFlag("only notifications of this tenant");

export const retry: Command = {
  name: "retry [ids...]",
  summary: "send dead letters and failed notifications again",
  examples: [
    ["retry 42 43", "send these two again, now"],
    ["retry --all-dead --limit 1000", "up to 1,000 dead letters, oldest first"],
  ],
  notes:
    "A dead letter starts again with all its attempts. Recipients that already received it do not receive it again.\nExit code 1 when one of the ids is neither DEAD nor FAILED.",
  flags: [
    { flags: "--all-dead", about: "retry every dead letter" },
    { flags: "--limit <count>", about: "with --all-dead: at most this many", fallback: "1000" },
    tenant,
    json,
  ],
  async run(context, args, flags) {
    const ids = args.map(notificationId);
    const all = isSet(flags, "allDead");
    if (all === ids.length > 0) throw new UsageError("pass ids or --all-dead, but not both");
    const { deadIds, retryNotifications: write } = await import("../../outbox/operator.ts");
    return await withPool(context, async (pool) => {
      const limit = count(text(flags, "limit") ?? "1000", "--limit", 1, 100_000);
      const wanted = all ? await deadIds(pool, limit, text(flags, "tenant")) : ids;
      const done = await write(pool, wanted, text(flags, "tenant"));
      const left = wanted.filter((id) => !done.includes(id));
      context.out(
        isSet(flags, "json") ? JSON.stringify({ retried: done, unchanged: left }) : `${done.length} will be sent again`,
      );
      if (left.length > 0) context.note(`xnovu: left alone, because they are not DEAD or FAILED: ${left.join(", ")}`);
      return left.length > 0 ? 1 : 0;
    });
  },
};

export const retract: Command = {
  name: "retract <ids...>",
  summary: "retract notifications that are not sent yet",
  examples: [["retract 42", "it will not be sent"]],
  notes:
    "Exit code 1 when one of the ids is not PENDING, FAILED or DEAD. A notification in PROCESSING may already be with Novu.",
  flags: [tenant, json],
  async run(context, args, flags) {
    const ids = args.map(notificationId);
    const { retract: write } = await import("../../outbox/operator.ts");
    return await withPool(context, async (pool) => {
      const done: string[] = [];
      for (const id of ids) if (await write(pool, id, text(flags, "tenant"))) done.push(id);
      const left = ids.filter((id) => !done.includes(id));
      context.out(
        isSet(flags, "json") ? JSON.stringify({ retracted: done, unchanged: left }) : `${done.length} retracted`,
      );
      if (left.length > 0)
        context.note(`xnovu: left alone, because they are not PENDING, FAILED or DEAD: ${left.join(", ")}`);
      return left.length > 0 ? 1 : 0;
    });
  },
};
