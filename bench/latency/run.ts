import { xnovu } from "../delivery/xnovu.ts";
import { type Checkout, compileCheckout } from "../lib/checkout.ts";
import type { Contender } from "../lib/contender.ts";
import { round } from "../lib/numbers.ts";
import type { BenchOptions } from "../lib/options.ts";
import { barPlot } from "../lib/plot/bars.ts";
import { keepResult, type Result, startResult } from "../lib/result.ts";
import { medianOf, type Rounds, turnOrder } from "../lib/rounds.ts";
import { type Stage, withClient } from "../lib/stage.ts";
import { bareNotify, graphile } from "../peers/contenders.ts";
import { type Latency, sampleLatency } from "./sample.ts";
import { withoutNotify } from "./without-notify.ts";

const throughputs = { idle: { rows: 100, everyMs: 60 }, "200/s": { rows: 1_000, everyMs: 4 } } as const;
type Mode = keyof typeof throughputs;
type Turn = Readonly<Record<Mode, Latency>>;

export interface LatencyData {
  readonly contenders: readonly {
    readonly name: string;
    readonly label: string;
    /** Medians over the rounds, milliseconds. */
    readonly modes: Readonly<Record<Mode, { readonly p50: number; readonly p95: number }>>;
  }[];
  /** Without NOTIFY, polling alone. */
  readonly withoutNotify?: Latency & { readonly pollIntervalMs: number };
  readonly rounds: Rounds<Turn>;
}

/** A row is committed → its call is at the endpoint, on an idle system and under a steady load. */
export async function runLatency(
  stage: Stage,
  options: BenchOptions,
  tell: (line: string) => void,
): Promise<Result<LatencyData>> {
  const { rounds: count = 3, only, keep } = options;
  const result = await startResult("latency", stage);
  const checkout = compileCheckout(options.checkout);
  const all = [
    xnovu({ checkout, processes: 1, name: "xnovu", label: "xnovu" }),
    graphile({ localQueue: 0 }),
    bareNotify,
  ];
  const chosen = all.filter(({ name }) => !only || only.includes(name));
  const urls = new Map<Contender, string>();
  for (const contender of chosen) {
    const url = await stage.database(`latency_${contender.name.replaceAll("-", "_")}`);
    await contender.prepare(url);
    urls.set(contender, url);
  }
  const rounds: Record<string, Turn>[] = [];
  for (let index = 0; index < count; index++) {
    const one: Record<string, Turn> = {};
    for (const contender of turnOrder(chosen, index)) {
      const turn = await takeTurn(stage, contender, urls.get(contender) ?? "");
      one[contender.name] = turn;
      const modes = Object.entries(turn).map(([mode, { p50, p95 }]) => `${mode} p50 ${p50} p95 ${p95} ms`);
      tell(`round ${index + 1}/${count}  ${contender.name.padEnd(16)} ${modes.join("   ")}`);
    }
    rounds.push(one);
  }
  const polled = only && !only.includes("xnovu") ? {} : { withoutNotify: await polledOnly(stage, checkout) };
  const data = { ...summary(chosen, rounds), ...polled };
  const measured = result(lineOf(data), data);
  if (keep) keepResult(measured, plotsOf(measured));
  return measured;
}

async function takeTurn(stage: Stage, contender: Contender, url: string): Promise<Turn> {
  await withClient(url, (client) => contender.clear(client));
  const running = await contender.start(stage, url);
  try {
    // The first calls of a process are slower: compiled code, connections.
    await sampleLatency(stage, contender, url, { rows: 500, everyMs: 2 });
    return {
      idle: await sampleLatency(stage, contender, url, throughputs.idle),
      "200/s": await sampleLatency(stage, contender, url, throughputs["200/s"]),
    };
  } finally {
    await running.stop();
  }
}

const pollIntervalMs = 2_000;

async function polledOnly(stage: Stage, checkout: Checkout): Promise<Latency & { readonly pollIntervalMs: number }> {
  const contender = xnovu({ checkout, processes: 1, env: { POLL_INTERVAL_MS: String(pollIntervalMs) } });
  const url = await stage.database("latency_polled");
  await contender.prepare(url);
  await withClient(url, withoutNotify);
  const running = await contender.start(stage, url);
  try {
    return { pollIntervalMs, ...(await sampleLatency(stage, contender, url, { rows: 60, everyMs: 300 })) };
  } finally {
    await running.stop();
  }
}

function summary(chosen: readonly Contender[], rounds: Rounds<Turn>): LatencyData {
  const of = (name: string, mode: Mode) => ({
    p50: round(
      medianOf(rounds, name, (turn) => turn[mode].p50),
      2,
    ),
    p95: round(
      medianOf(rounds, name, (turn) => turn[mode].p95),
      2,
    ),
  });
  return {
    contenders: chosen.map(({ name, label }) => ({
      name,
      label,
      modes: { idle: of(name, "idle"), "200/s": of(name, "200/s") },
    })),
    rounds,
  };
}

function lineOf({ contenders, withoutNotify: polled }: LatencyData): string {
  const each = contenders.map(
    ({ name, modes }) =>
      `${name} ${modes.idle.p50}/${modes.idle.p95} ms idle, ${modes["200/s"].p50}/${modes["200/s"].p95} at 200/s`,
  );
  const slow = polled ? [`without NOTIFY at most ${polled.max} ms at a poll every ${polled.pollIntervalMs}`] : [];
  return `latency p50/p95: ${[...each, ...slow].join("; ")}`;
}

function plotsOf({ machine, at, data }: Result<LatencyData>): Record<string, string> {
  const bars = data.contenders.flatMap(({ name, label, modes }) =>
    Object.entries(modes).map(([mode, { p50, p95 }]) => ({
      label: `${label.split(",")[0]}, ${mode}`,
      value: p50,
      behind: p95,
      note: `${p50} ms, p95 ${p95}`,
      ours: name === "xnovu",
    })),
  );
  const about = `medians of ${data.rounds.length} interleaved rounds, ${machine.cores} cores, Node ${machine.node}, Postgres ${machine.postgres}, ${at.slice(0, 10)}`;
  return {
    "": barPlot({ title: "Milliseconds from commit to the call at the endpoint: p50, and p95 behind it", about, bars }),
  };
}
