import { compileCheckout } from "../lib/checkout.ts";
import type { Contender } from "../lib/contender.ts";
import { round } from "../lib/numbers.ts";
import type { BenchOptions } from "../lib/options.ts";
import { barPlot } from "../lib/plot/bars.ts";
import { keepResult, type Result, startResult } from "../lib/result.ts";
import { medianOf, type Rounds, ratioOf, turnOrder } from "../lib/rounds.ts";
import type { Stage } from "../lib/stage.ts";
import { contenders } from "./contenders.ts";
import { type RoundResult, runRound } from "./round.ts";

export interface DeliveryData {
  readonly rows: number;
  /** Medians of same-round ratios. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly contenders: readonly {
    readonly name: string;
    readonly label: string;
    readonly perSecond: number;
    /** Milliseconds of processor for 1000 rows, by who spent them. */
    readonly cpuMsPer1000: Readonly<Record<string, number>>;
  }[];
  readonly rounds: Rounds<RoundResult>;
}

/** With the same single call: what is left of the lead when bulk calls are taken away. */
const singleOver = (name: string) => `bare-single/${name}`;
const graphiles = ["graphile-worker", "graphile-batched"] as const;

/** Rows waiting → accepted by the endpoint → finished in the database: everyone in turn, several rounds. */
export async function runDelivery(
  stage: Stage,
  options: BenchOptions,
  tell: (line: string) => void,
): Promise<Result<DeliveryData>> {
  const { rows = 50_000, rounds: count = 5, only, keep } = options;
  const result = await startResult("delivery", stage);
  const chosen = contenders(compileCheckout(options.checkout)).filter(({ name }) => !only || only.includes(name));
  const urls = new Map<Contender, string>();
  for (const contender of chosen) {
    const url = await stage.database(contender.name.replaceAll("-", "_"));
    await contender.prepare(url);
    urls.set(contender, url);
  }
  const rounds: Record<string, RoundResult>[] = [];
  for (let index = 0; index < count; index++) {
    const one: Record<string, RoundResult> = {};
    for (const contender of turnOrder(chosen, index)) {
      const done = await runRound(stage, contender, urls.get(contender) ?? "", contender.rows ?? rows);
      one[contender.name] = done;
      tell(
        `round ${index + 1}/${count}  ${contender.name.padEnd(18)} ${String(done.perSecond).padStart(7)}/s  load ${done.load}`,
      );
    }
    rounds.push(one);
  }
  const data = summary(rows, chosen, rounds);
  const measured = result(lineOf(data), data);
  if (keep) keepResult(measured, { "": plotOf(measured) });
  return measured;
}

function summary(rows: number, chosen: readonly Contender[], rounds: Rounds<RoundResult>): DeliveryData {
  const rate = ({ perSecond }: RoundResult) => perSecond;
  const over = (name: string) => ratioOf(rounds, "xnovu-1", name, rate);
  const others = chosen.map(({ name }) => name).filter((name) => name !== "xnovu-1");
  const ratios = Object.fromEntries(others.map((name) => [name, over(name)]));
  return {
    rows,
    ratios: {
      ...ratios,
      ...Object.fromEntries(graphiles.map((name) => [singleOver(name), ratioOf(rounds, "bare-single", name, rate)])),
    },
    contenders: chosen.map(({ name, label }) => ({
      name,
      label,
      perSecond: round(medianOf(rounds, name, rate)),
      cpuMsPer1000: Object.fromEntries(
        ["client", "postgres", "temporal", "stub"].map((who) => [
          who,
          round(
            medianOf(rounds, name, (r) => ((r.cpuS[who] ?? 0) * 1e6) / r.rows),
            1,
          ),
        ]),
      ),
    })),
    rounds,
  };
}

function lineOf({ ratios }: DeliveryData): string {
  const parts = [
    ["graphile-worker", (x: number) => `${round(x, 1)}x graphile-worker (bulk against single calls)`],
    [singleOver("graphile-worker"), (x: number) => `${round(x, 2)}x with the single call`],
    ["graphile-batched", (x: number) => `${round(x, 1)}x graphile-worker with completions in batches`],
    [singleOver("graphile-batched"), (x: number) => `${round(x, 2)}x with the single call`],
    ["pg-boss", (x: number) => `${round(x, 1)}x pg-boss`],
    ["workflow-per-row", (x: number) => `${round(x)}x workflow-per-row`],
    ["bare", (x: number) => `${round(x, 2)} of the loop without Temporal`],
    ["bare-sql", (x: number) => `${round(x, 2)} of bare SQL without bookkeeping`],
  ] as const;
  const ratiosInWords = parts.flatMap(([name, say]) =>
    ratios[name] === undefined || Number.isNaN(ratios[name]) ? [] : [say(ratios[name])],
  );
  return `delivery: ${ratiosInWords.join(", ")}`;
}

function plotOf({ machine, at, data }: Result<DeliveryData>): string {
  return barPlot({
    title: "Notifications a second: waiting in Postgres → accepted → finished",
    about: `${data.rows.toLocaleString("en-US")} rows, medians of ${data.rounds.length} interleaved rounds, ${machine.cores} cores, Node ${machine.node}, Postgres ${machine.postgres}, ${at.slice(0, 10)}`,
    bars: [...data.contenders]
      .sort((a, b) => b.perSecond - a.perSecond)
      .map(({ name, label, perSecond }) => ({ label, value: perSecond, ours: name.startsWith("xnovu") })),
  });
}
