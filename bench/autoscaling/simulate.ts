import { createAutoscaler, syncSeconds } from "./autoscaler.ts";
import { daySeconds, type Load, type Span } from "./load.ts";
import { createQueue } from "./queue.ts";
import type { Rule } from "./rule.ts";

export interface World {
  readonly load: Load;
  /** Notifications that one worker sends in a second. */
  readonly perWorker: number;
  /** What Novu takes in a second from all of them. */
  readonly novuLimit: number;
  /** From the autoscaler's word to the worker's first claim: a node that is there, an image that is there, a start. */
  readonly startSeconds: number;
  /** When the sending pause is closed, and nobody sends. */
  readonly closed?: Span;
}

export interface Second {
  readonly pods: number;
  readonly backlog: number;
  /** How long the oldest that is due has waited, in seconds. */
  readonly age: number;
}

/**
 * A day, second by second: producers insert, workers send the oldest first, the autoscaler looks every 15 s. Workers that stop finish what they
 * have, so they count until they get the signal. KEDA's trigger on Temporal's task queue is left out: a worker takes the tasks of its worker session at once.
 * Nothing is drawn by chance.
 */
export function simulate(rule: Rule, world: World): Second[] {
  const autoscaler = createAutoscaler(rule);
  const queue = createQueue();
  const starting: number[] = [];
  const due: number[] = [];
  const sent: number[] = [];
  const day: Second[] = [];
  let [pods, ready] = [rule.min, rule.min];
  for (let now = 0; now < daySeconds; now++) {
    queue.insert(now, world.load(now));
    while (starting[0] !== undefined && starting[0] <= now) ready += starting.shift() === undefined ? 0 : 1;
    const able = isClosed(world.closed, now) ? 0 : Math.min(ready * world.perWorker, world.novuLimit);
    sent.push(queue.send(able));
    due.push(queue.rows());
    if (now % syncSeconds === 0) {
      const seenAt = Math.max(0, now - rule.metricAgeSeconds);
      const counted = seesClosed(rule, world.closed, seenAt) ? 0 : (due[seenAt] ?? 0);
      const wanted = autoscaler.next(
        now,
        counted,
        mean(sent.slice(-windowSeconds - scrapeSeconds, -scrapeSeconds)),
        pods,
      );
      for (let more = pods; more < wanted; more++) starting.push(now + world.startSeconds);
      for (let fewer = wanted; fewer < pods; fewer++) if (starting.pop() === undefined) ready--;
      pods = wanted;
    }
    day.push({ pods, backlog: queue.rows(), age: queue.age(now) });
  }
  return day;
}

const isClosed = (closed: Span | undefined, now: number): boolean =>
  closed !== undefined && now >= closed.at && now < closed.at + closed.seconds;

/** Whether a look finds the sending pause closed, or closed a moment ago. */
const seesClosed = ({ pauseLagSeconds: lag }: Rule, closed: Span | undefined, now: number): boolean =>
  lag !== undefined && closed !== undefined && isClosed({ ...closed, seconds: closed.seconds + lag }, now);

// Of the query `rate(…[2m])`, and how long ago Prometheus looked.
const windowSeconds = 120;
const scrapeSeconds = 15;

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

export interface Summary {
  readonly rule: string;
  readonly worstAgeSeconds: number;
  readonly p99AgeSeconds: number;
  /** Seconds of the day in which the oldest had waited longer than a minute. */
  readonly secondsAboveAMinute: number;
  readonly mostPods: number;
  readonly podHours: number;
  readonly changes: number;
}

export function summary(rule: string, day: readonly Second[]): Summary {
  const ages = day.map(({ age }) => age).sort((a, b) => a - b);
  return {
    rule,
    worstAgeSeconds: ages.at(-1) ?? 0,
    p99AgeSeconds: ages[Math.floor(ages.length * 0.99)] ?? 0,
    secondsAboveAMinute: ages.filter((age) => age > 60).length,
    mostPods: day.reduce((most, { pods }) => Math.max(most, pods), 0),
    podHours: Number((day.reduce((sum, { pods }) => sum + pods, 0) / 3600).toFixed(1)),
    changes: day.filter(({ pods }, index) => index > 0 && pods !== day[index - 1]?.pods).length,
  };
}

export interface ClosedSummary {
  readonly rule: string;
  readonly mostPodsWhileClosed: number;
  /** Beyond the fewest there may be. */
  readonly idleWorkerMinutes: number;
  /** From when the sending pause opened until none waited longer than a minute. */
  readonly secondsToCatchUp: number;
}

/** What a rule did while nobody could send, and after. */
export function closedSummary({ name, min }: Rule, day: readonly Second[], closed: Span): ClosedSummary {
  const [during, after] = [day.slice(closed.at, closed.at + closed.seconds), day.slice(closed.at + closed.seconds)];
  const caughtUp = after.findIndex(({ age }) => age <= 60);
  return {
    rule: name,
    mostPodsWhileClosed: Math.max(...during.map(({ pods }) => pods)),
    idleWorkerMinutes: Math.round(during.reduce((sum, { pods }) => sum + pods - min, 0) / 60),
    secondsToCatchUp: caughtUp === -1 ? after.length : caughtUp,
  };
}
