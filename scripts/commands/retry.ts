import { UsageError } from "../../core/errors.ts";
import { type Command, isSet, json, tenantFlag, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count, notificationId } from "../cli/input.ts";

const tenant = tenantFlag("only notifications of this tenant");

export const retry: Command = {
  name: "retry [ids...]",
  summary: "send dead letters and failed notifications again",
  examples: [
    ["retry 42 43", "these two, now"],
    ["retry --all-dead --limit 1000", "up to 1,000 dead letters, oldest first"],
  ],
  notes:
    "A dead letter starts over with all its attempts; recipients that already got it do not get it again.\nExit code 1 when one of the ids is neither DEAD nor FAILED.",
  flags: [
    { flags: "--all-dead", about: "every dead letter" },
    { flags: "--limit <count>", about: "with --all-dead: at the most", fallback: "1000" },
    tenant,
    json,
  ],
  async run(context, args, flags) {
    const ids = args.map(notificationId);
    const all = isSet(flags, "allDead");
    if (all === ids.length > 0) throw new UsageError("name the ids, or --all-dead");
    const { deadIds, retryNotifications: write } = await import("../../outbox/operator.ts");
    return await withPool(context, async (pool) => {
      const limit = count(text(flags, "limit") ?? "1000", "--limit", 1, 100_000);
      const asked = all ? await deadIds(pool, limit, text(flags, "tenant")) : ids;
      const done = await write(pool, asked, text(flags, "tenant"));
      const left = asked.filter((id) => !done.includes(id));
      context.out(
        isSet(flags, "json") ? JSON.stringify({ retried: done, unchanged: left }) : `${done.length} to be sent again`,
      );
      if (left.length > 0) context.note(`xnovu: not DEAD or FAILED, and left alone: ${left.join(", ")}`);
      return left.length > 0 ? 1 : 0;
    });
  },
};

export const retract: Command = {
  name: "retract <ids...>",
  summary: "take notifications back that are not sent yet",
  examples: [["retract 42", "it will not be sent"]],
  notes:
    "Exit code 1 when one of the ids is not PENDING, FAILED or DEAD: a notification in PROCESSING may be with Novu already.",
  flags: [tenant, json],
  async run(context, args, flags) {
    const ids = args.map(notificationId);
    const { retract: write } = await import("../../outbox/operator.ts");
    return await withPool(context, async (pool) => {
      const done: string[] = [];
      for (const id of ids) if (await write(pool, id, text(flags, "tenant"))) done.push(id);
      const left = ids.filter((id) => !done.includes(id));
      context.out(
        isSet(flags, "json") ? JSON.stringify({ retracted: done, unchanged: left }) : `${done.length} taken back`,
      );
      if (left.length > 0) context.note(`xnovu: not PENDING, FAILED or DEAD, and left alone: ${left.join(", ")}`);
      return left.length > 0 ? 1 : 0;
    });
  },
};
