import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderOverlay } from "../scripts/dev/deploy-check/render.ts";
import { metricCap } from "../scripts/dev/deploy-check/rules-scaling.ts";
import { callsUnderWay, sentInASecond } from "./autoscaling/given.ts";
import { campaigns, dayLoad, keyRefused } from "./autoscaling/load.ts";
import { type DayLine, dayPlot } from "./autoscaling/plot.ts";
import { hpaRule, kedaRule, type Rule } from "./autoscaling/rule.ts";
import { closedSummary, type Second, simulate, summary, type World } from "./autoscaling/simulate.ts";

// The autoscaling rules as shipped over a day, simulated: `node --import tsx bench/autoscaling.ts --call-seconds 0.2`. It says how a rule reacts to
// a load, with what a worker does as a given; it measures no worker. The rules are read from what kustomize makes of deploy/kubernetes.

const { values } = parseArgs({
  options: {
    // How long Novu takes for a call of 100: far away rather than a worker at its limit.
    "call-seconds": { type: "string", default: "0.4" },
    "novu-limit": { type: "string", default: "20000" },
    "start-seconds": { type: "string", default: "20" },
    "peak-per-second": { type: "string", default: "8000" },
  },
});
const number = (name: keyof typeof values): number => {
  const found = Number(values[name]);
  if (!(found > 0)) throw new Error(`--${name} takes a number above 0, not ${values[name]}`);
  return found;
};

const root = fileURLToPath(new URL("..", import.meta.url));
const keda = kedaRule(await renderOverlay(root, "keda", console.warn));
const adapter = readFileSync(join(root, "deploy/kubernetes/examples/prometheus-adapter-values.yaml"), "utf8");
const hpa = hpaRule(await renderOverlay(root, "hpa", console.warn), adapter, metricCap);
// What the second metric is for.
const { sentTarget: _, ...withoutSent } = keda;
const backlogAlone: Rule = { ...withoutSent, name: "KEDA, backlog alone" };
// What the look at the sending pause is for.
const { pauseLagSeconds: __, ...withoutPause } = keda;
const unaware: Rule = { ...withoutPause, name: "KEDA, without a look at the sending pause" };
// What it would cost to have as many all day.
const fixed: Rule = { ...keda, name: `always ${keda.max}`, min: keda.max };
const rules = [keda, hpa, backlogAlone, fixed];

const world: World = {
  load: dayLoad(number("peak-per-second")),
  perWorker: sentInASecond(number("call-seconds")),
  novuLimit: number("novu-limit"),
  startSeconds: number("start-seconds"),
};
const days = rules.map((rule) => ({ rule, day: simulate(rule, world) }));
const plotted = days.slice(0, 3);
const closedDays = [keda, hpa, unaware].map((rule) => ({
  rule,
  day: simulate(rule, { ...world, closed: keyRefused }),
}));
const others = [0.3, 3].map((factor) => Math.round(world.perWorker * factor));
const rescue = others.map((perWorker) => ({
  perWorker,
  rules: rules.map((rule) => summary(rule.name, simulate(rule, { ...world, perWorker }))),
}));

/** The worst of each minute: a mean would hide what someone waited for. */
const byMinute = (day: readonly Second[], of: (second: Second) => number): number[] =>
  Array.from({ length: day.length / 60 }, (_, minute) => Math.max(...day.slice(minute * 60, minute * 60 + 60).map(of)));
const kinds = ["keda", "hpa", "fixed"] as const;
type Day = (typeof days)[number];
const lines = (of: (second: Second) => number, those: readonly Day[] = plotted): DayLine[] =>
  those.map(({ rule, day }, index) => ({
    label: labelOf(rule),
    kind: kinds[index] ?? "fixed",
    values: byMinute(day, of),
  }));
const labelOf = ({ name, target, sentTarget }: Rule) =>
  `${name}: ${target.toLocaleString("en-US")} rows${sentTarget === undefined ? "" : ` or ${sentTarget.toLocaleString("en-US")} a second`} each`;

const { load, ...given } = world;
const total = Math.round(
  Array.from({ length: 86_400 }, (_, second) => load(second)).reduce((sum, rows) => sum + rows, 0),
);
const result = {
  given: {
    callsUnderWay,
    callSeconds: number("call-seconds"),
    ...given,
    peakPerSecond: number("peak-per-second"),
    rowsInTheDay: total,
    campaigns,
  },
  rules,
  summaries: days.map(({ rule, day }) => summary(rule.name, day)),
  otherThroughputs: rescue,
  sendingPaused: { ...keyRefused, summaries: closedDays.map(({ rule, day }) => closedSummary(rule, day, keyRefused)) },
};
const title = "A day of the worker's autoscaling, simulated";
const about = `${(total / 1e6).toFixed(1)} million notifications, ${world.perWorker.toLocaleString("en-US")} a second for each worker; the worst of each minute`;
const plot = dayPlot(title, about, [
  { label: "seconds that the oldest has waited", lines: lines(({ age }) => age) },
  { label: "workers", lines: lines(({ pods }) => pods) },
  {
    label:
      "workers on a day when Novu refuses the key from 13:00 to 13:40; grey: KEDA without a look at the sending pause",
    lines: lines(({ pods }) => pods, closedDays),
  },
]);
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, "bench/results/autoscaling.json"), `${JSON.stringify(result, null, 2)}\n`);
writeFileSync(join(root, "bench/results/autoscaling.svg"), plot);
for (const { rule, worstAgeSeconds, secondsAboveAMinute, podHours, mostPods } of result.summaries)
  console.log(
    `autoscaling: ${rule}: oldest waits ${worstAgeSeconds} s at worst, ${secondsAboveAMinute} s of the day above a minute, ${podHours} worker hours, ${mostPods} at most`,
  );
for (const { rule, mostPodsWhileClosed, idleWorkerMinutes, secondsToCatchUp } of result.sendingPaused.summaries)
  console.log(
    `sendingPause closed: ${rule}: ${mostPodsWhileClosed} workers at most, ${idleWorkerMinutes} worker minutes beyond the fewest, ${secondsToCatchUp} s to catch up`,
  );
