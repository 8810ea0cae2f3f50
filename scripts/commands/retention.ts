import { UsageError } from "../../core/errors.ts";
import type { Finished, RetentionPlan } from "../../outbox/retention.ts";
import { type Command, type Context, isSet, json, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count } from "../cli/input.ts";

type Counts = Readonly<Record<Finished, number>>;

const states = ["SENT", "RETRACTED", "DEAD"] as const satisfies readonly Finished[];
const none: Counts = { SENT: 0, RETRACTED: 0, DEAD: 0 };
const dayMs = 86_400_000;
/** Milliseconds between two progress lines. */
const everyMs = 1_000;

export const retention: Command = {
  name: "retention",
  summary: "delete old finished notifications with their timelines",
  examples: [
    ["retention --older-than 30d --dry-run", "count what it would delete"],
    ["retention --older-than 30d", "delete what was sent or retracted more than 30 days ago"],
    ["retention --older-than 90d --states DEAD", "delete dead letters, which are never deleted by default"],
  ],
  notes: [
    "Never deletes notifications that are waiting, being sent or due for a retry. Each batch is a transaction, oldest rows first. Ctrl-C stops",
    "between two batches (exit code 130) and the next run continues. Concurrent runs do not block each other.",
    "Deleting a notification frees its transaction id: the same request would be sent again.",
  ].join("\n"),
  flags: [
    { flags: "--older-than <period>", about: "minimum time since their end, such as 30d, 12h or 8w" },
    { flags: "--states <list>", about: "SENT, RETRACTED or DEAD, separated by commas", fallback: "SENT,RETRACTED" },
    { flags: "--batch <rows>", about: "at most this many rows in one transaction", fallback: "5000" },
    { flags: "--dry-run", about: "count without deleting" },
    { flags: "--yes", about: "confirm a period under one day" },
    json,
  ],
  async run(context, _args, flags) {
    const olderThanMs = period(text(flags, "olderThan"));
    const dryRun = isSet(flags, "dryRun");
    if (olderThanMs < dayMs && !dryRun && !isSet(flags, "yes"))
      throw new UsageError(
        "--older-than is under a day: the same request could be sent again soon after the first",
        "Add --yes to confirm.",
      );
    const request = {
      statuses: statesIn(text(flags, "states") ?? ""),
      batch: count(text(flags, "batch") ?? "", "--batch", 1, 100_000),
      dryRun,
    };
    const { interruptible } = await import("../image/interrupt.ts");
    return await interruptible((signal) => retire(context, request, olderThanMs, isSet(flags, "json"), signal));
  },
};

async function retire(
  context: Context,
  request: Omit<RetentionPlan, "before">,
  olderThanMs: number,
  asJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const outbox = await import("../../outbox/retention.ts");
  return await withPool(context, async (pool) => {
    const plan = { ...request, before: await outbox.momentBack(pool, olderThanMs) };
    const note = progress(context, plan.dryRun);
    let gone = none;
    let batches = 0;
    for await (const step of outbox.retire(pool, plan)) {
      gone = sum(gone, step.gone);
      batches++;
      note(gone, step.looked);
      if (signal.aborted) break;
    }
    const summary = { before: plan.before, states: plan.statuses, dryRun: plan.dryRun, stopped: signal.aborted };
    context.out(asJson ? JSON.stringify({ ...summary, batches, deleted: gone }) : sentence(summary, gone));
    // After an interrupt the exit code is that of the signal.
    signal.throwIfAborted();
    return 0;
  });
}

/** Reports progress at most once a second, so that a log stays readable. */
function progress({ note }: Context, dryRun: boolean): (gone: Counts, looked: number) => void {
  let reported = performance.now();
  let seen = 0;
  return (gone, looked) => {
    seen += looked;
    if (performance.now() - reported < everyMs) return;
    reported = performance.now();
    note(`${seen} rows read, ${total(gone)} ${dryRun ? "to delete" : "deleted"}`);
  };
}

function sentence(
  {
    before,
    states: named,
    dryRun,
    stopped,
  }: { before: string; states: readonly Finished[]; dryRun: boolean; stopped: boolean },
  gone: Counts,
): string {
  const each = named.map((state) => `${gone[state]} ${state}`).join(", ");
  const end = stopped ? " (stopped: there may be more)" : "";
  return `${dryRun ? "would delete" : "deleted"} ${total(gone)} that ended before ${before}: ${each}${end}`;
}

const total = (counts: Counts): number => states.reduce((sumOf, state) => sumOf + counts[state], 0);
const sum = (a: Counts, b: Counts): Counts => ({
  SENT: a.SENT + b.SENT,
  RETRACTED: a.RETRACTED + b.RETRACTED,
  DEAD: a.DEAD + b.DEAD,
});

const units: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: dayMs, w: 7 * dayMs };

/** Milliseconds of `30d`. */
function period(value: string | undefined): number {
  const [, number, unit] = /^(\d{1,5})([smhdw])$/.exec(value ?? "") ?? [];
  const factor = units[unit ?? ""];
  if (number === undefined || factor === undefined)
    throw new UsageError(
      `--older-than must be a period such as 30d, 12h or 8w${value === undefined ? "" : ` (it is ${JSON.stringify(value)})`}`,
    );
  return Number(number) * factor;
}

function statesIn(value: string): Finished[] {
  const wanted = value
    .toUpperCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const known = states.filter((state) => wanted.includes(state));
  const wrong = wanted.filter((name) => !states.some((state) => state === name));
  if (wrong.length > 0 || known.length === 0)
    throw new UsageError(
      `--states takes ${states.join(", ")}${wrong.length > 0 ? `, not ${wrong.join(", ")}` : ""}`,
      "Only finished notifications can be deleted.",
    );
  return known;
}
