import { compileCheckout } from "../lib/checkout.ts";
import { round } from "../lib/numbers.ts";
import type { BenchOptions } from "../lib/options.ts";
import { linePlot } from "../lib/plot/lines.ts";
import { keepResult, type Result, startResult } from "../lib/result.ts";
import { type Stage, withClient } from "../lib/stage.ts";
import { type TableState, tableStates } from "./bloat.ts";
import { type ClaimTimes, claimTimes, fillBacklog, limit, summaryOf } from "./claim-times.ts";
import { type Drain, drainBacklog } from "./drain.ts";
import { claimPlans } from "./plans.ts";

export interface BacklogData {
  readonly few: ClaimTimes;
  readonly many: ClaimTimes;
  /** Claim time p95 with many rows waiting over that with few. */
  readonly ratio: number;
  readonly plans: Readonly<Record<string, readonly string[]>>;
  readonly drain: Drain;
  readonly tables: Readonly<Record<"filled" | "cleared" | "vacuumed", readonly TableState[]>>;
}

const fewRows = 10_000;
const claimsPerPass = 15;
const fewPasses = 4;

/** Many rows waiting: what a claim costs then, and what clearing them costs in memory and in table space. */
export async function runBacklog(
  stage: Stage,
  options: BenchOptions,
  tell: (line: string) => void,
): Promise<Result<BacklogData>> {
  const { rows = 1_000_000, keep } = options;
  const result = await startResult("backlog", stage);
  const checkout = compileCheckout(options.checkout);
  const url = await stage.database("backlog");
  checkout.migrate(url);

  // The first pass is for warm caches, as a worker that runs has them. A p95 wants more claims than one fill of few rows holds.
  const fewTimes: number[] = [];
  for (let pass = 0; pass <= fewPasses; pass++) {
    await fillBacklog(url, fewRows);
    const times = await claimTimes(checkout.dist, url, claimsPerPass);
    if (pass > 0) fewTimes.push(...times);
  }
  const few = summaryOf(fewRows, fewTimes);
  tell(`${fewRows} waiting: a claim takes ${few.p50} ms, p95 ${few.p95}`);
  await fillBacklog(url, rows);
  const many = summaryOf(
    rows,
    await claimTimes(checkout.dist, url, Math.min(fewPasses * claimsPerPass, Math.floor(rows / limit))),
  );
  tell(`${rows} waiting: a claim takes ${many.p50} ms, p95 ${many.p95}`);
  const plans = await claimPlans(checkout.dist, url);

  const filled = await tableStates(url);
  const drain = await drainBacklog(stage, checkout, url, rows);
  tell(`cleared in ${drain.seconds} s, ${drain.perSecond}/s, at most ${Math.max(...drain.rssMiB)} MiB resident`);
  const cleared = await tableStates(url);
  await withClient(url, (client) => client.query("VACUUM ANALYZE"));
  const vacuumed = await tableStates(url);

  const data = { few, many, ratio: round(many.p95 / few.p95, 2), plans, drain, tables: { filled, cleared, vacuumed } };
  const measured = result(lineOf(data), data);
  if (keep) keepResult(measured, { "": plotOf(measured) });
  return measured;
}

function lineOf({ few, many, ratio, drain, tables }: BacklogData): string {
  const size = (states: readonly TableState[]) =>
    round(states.find(({ table }) => table === "notification")?.mib ?? Number.NaN);
  return (
    `backlog: ${many.waiting.toLocaleString("en-US")} waiting, a claim p95 ${many.p95} ms against ${few.p95} with ${few.waiting.toLocaleString("en-US")} (${ratio}x), ` +
    `cleared at ${drain.perSecond}/s, RSS ${Math.min(...drain.rssMiB)} to ${Math.max(...drain.rssMiB)} MiB, ` +
    `table ${size(tables.filled)} MiB full, ${size(tables.cleared)} cleared`
  );
}

function plotOf({ machine, at, data }: Result<BacklogData>): string {
  return linePlot({
    title: "Time of one claim while a backlog is cleared",
    about: `${data.many.waiting.toLocaleString("en-US")} rows waiting, claims of up to 500, one worker, ${machine.cores} cores, Node ${machine.node}, Postgres ${machine.postgres}, ${at.slice(0, 10)}`,
    xLabel: "notifications sent so far",
    yLabel: "ms, mean of two seconds",
    lines: [{ label: "claim", points: data.drain.claims }],
  });
}
