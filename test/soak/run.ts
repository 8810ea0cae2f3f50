import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/errors.ts";
import { judge, type Verdict } from "../support/oracle.ts";
import { makeTrouble, putLoad } from "./act.ts";
import { planSoak, refusedRows, type SoakOptions, type Step } from "./plan.ts";
import { openWorld, type World } from "./world.ts";

export interface SoakResult extends Verdict {
  readonly troubles: number;
}

/** After the last trouble everything has this long to come to its end: far more than lease, rescue and longest backoff together. */
const drainLimitMs = 120_000;

/** Carries out the plan, lets everything come to its end, and asks the oracle. */
export async function runSoak(options: SoakOptions, log: (line: string) => void): Promise<SoakResult> {
  const steps = planSoak(options);
  const world = await openWorld(options.workers, log);
  try {
    const limit = AbortSignal.timeout(options.ms + 60_000);
    await carryOut(world, steps, limit, log);
    log("all troubles are over");
    const open = await world.lab.drained(drainLimitMs).then(
      () => [],
      (error: unknown) => [`I1: ${messageOf(error)}`],
    );
    const verdict = await judge(world.lab.db, world.lab.novu.control.effects());
    const violations = [
      ...open,
      ...verdict.violations,
      ...world.workerGroup.unordered(),
      ...wrongCounts(steps, verdict),
    ];
    return { ...verdict, violations, troubles: steps.filter(({ trouble }) => trouble).length };
  } finally {
    await world.close();
  }
}

function wrongCounts(steps: readonly Step[], { inserted, deadLetters }: Verdict): string[] {
  const [asked, refused] = [steps.reduce((sum, { load }) => sum + (load?.rows ?? 0), 0), refusedRows(steps)];
  return [
    ...(inserted === asked ? [] : [`${asked} were requested, ${inserted} are there`]),
    ...(deadLetters === refused ? [] : [`${refused} should be dead letters, ${deadLetters} are`]),
  ];
}

async function carryOut(
  world: World,
  steps: readonly Step[],
  limit: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const begin = Date.now();
  const underWay: Promise<void>[] = [];
  for (const [index, { atMs, trouble, load }] of steps.entries()) {
    await sleep(Math.max(0, begin + atMs - Date.now()));
    if (load) underWay.push(putLoad(world, load, `soak-${index}`, limit));
    if (trouble) {
      log(`${(atMs / 1000).toFixed(1)} s: ${Object.values(trouble).join(" ")}`);
      // Postgres may be away when connections are to be terminated: then they are.
      underWay.push(makeTrouble(world, trouble).catch((error: unknown) => log(`  ${messageOf(error)}`)));
    }
  }
  await Promise.all(underWay);
  world.lab.novu.control.clearFaults();
  for (const network of Object.values(world.networks)) network.pass();
}

/** `inserted … accepted effects … duplicates … dead letters … lost …` */
export const soakLine = ({ inserted, accepted, duplicates, deadLetters, lost }: Verdict): string =>
  `inserted ${inserted} accepted effects ${accepted} duplicates ${duplicates} dead letters ${deadLetters} lost ${lost}`;
