import { UsageError } from "../../core/errors.ts";
import type { Finished, RetentionPlan } from "../../outbox/retention.ts";
import { type Command, type Context, isSet, json, text } from "../cli/command.ts";
import { withPool } from "../cli/database.ts";
import { count } from "../cli/input.ts";

type Counts = Readonly<Record<Finished, number>>;

const states = ["SENT", "RETRACTED", "DEAD"] as const satisfies readonly Finished[];
const none: Counts = { SENT: 0, RETRACTED: 0, DEAD: 0 };
const dayMs = 86_400_000;
/** Milliseconds between two lines of progress. */
const everyMs = 1_000;

export const retention: Command = {
  name: "retention",
  summary: "delete finished notifications that ended long ago, with their timelines",
  examples: [
    ["retention --older-than 30d --dry-run", "how many would go"],
    ["retention --older-than 30d", "what was sent or retracted more than 30 days ago"],
    ["retention --older-than 90d --states DEAD", "dead letters, only when they are named"],
  ],
  notes: [
    "Notifications that wait, are being sent or have failed for now are never touched. Each batch is a transaction of its own, oldest first;",
    "Ctrl-C ends it between two of them (exit code 130), and the next run goes on. Two runs at once do not wait for each other.",
    "Once a notification is gone, its transaction id is free: the same request would be sent again.",
  ].join("\n"),
  flags: [
    { flags: "--older-than <period>", about: "since their end, such as 30d, 12h or 8w" },
    { flags: "--states <list>", about: "any of SENT, RETRACTED, DEAD, with commas", fallback: "SENT,RETRACTED" },
    { flags: "--batch <rows>", about: "in one transaction at the most", fallback: "5000" },
    { flags: "--dry-run", about: "count, and delete nothing" },
    { flags: "--yes", about: "really: needed for a period under a day" },
    json,
  ],
  async run(context, _args, flags) {
    const olderThanMs = period(text(flags, "olderThan"));
    const dryRun = isSet(flags, "dryRun");
    if (olderThanMs < dayMs && !dryRun && !isSet(flags, "yes"))
      throw new UsageError(
        "--older-than is under a day: what was only just sent would go, and the same request would be sent again",
        "Add --yes to do it.",
      );
    const asked = {
      statuses: statesIn(text(flags, "states") ?? ""),
      batch: count(text(flags, "batch") ?? "", "--batch", 1, 100_000),
      dryRun,
    };
    const { interruptible } = await import("../image/interrupt.ts");
    return await interruptible((signal) => retire(context, asked, olderThanMs, isSet(flags, "json"), signal));
  },
};

async function retire(
  context: Context,
  asked: Omit<RetentionPlan, "before">,
  olderThanMs: number,
  asJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const outbox = await import("../../outbox/retention.ts");
  return await withPool(context, async (pool) => {
    const plan = { ...asked, before: await outbox.momentBack(pool, olderThanMs) };
    const note = progress(context, plan.dryRun);
    let gone = none;
    let batches = 0;
    for await (const step of outbox.retire(pool, plan)) {
      gone = sum(gone, step.gone);
      batches++;
      note(gone, step.looked);
      if (signal.aborted) break;
    }
    const said = { before: plan.before, states: plan.statuses, dryRun: plan.dryRun, stopped: signal.aborted };
    context.out(asJson ? JSON.stringify({ ...said, batches, deleted: gone }) : sentence(said, gone));
    // Asked to stop: the exit code is that of the signal.
    signal.throwIfAborted();
    return 0;
  });
}

/** Tells how far it is, once a second at the most, so that a log of it stays readable. */
function progress({ note }: Context, dryRun: boolean): (gone: Counts, looked: number) => void {
  let told = performance.now();
  let seen = 0;
  return (gone, looked) => {
    seen += looked;
    if (performance.now() - told < everyMs) return;
    told = performance.now();
    note(`${seen} looked at, ${total(gone)} ${dryRun ? "would go" : "deleted"}`);
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
  const asked = value
    .toUpperCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const known = states.filter((state) => asked.includes(state));
  const wrong = asked.filter((name) => !states.some((state) => state === name));
  if (wrong.length > 0 || known.length === 0)
    throw new UsageError(
      `--states takes ${states.join(", ")}${wrong.length > 0 ? `, not ${wrong.join(", ")}` : ""}`,
      "Only finished notifications can be deleted: the others are still to be sent.",
    );
  return known;
}
