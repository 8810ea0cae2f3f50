import { between, oneOf, randomFrom } from "../support/random.ts";

/** Something that goes wrong, for `ms` where it lasts. */
export type Trouble =
  | { readonly kind: "kill worker" | "stop worker"; readonly worker: number; readonly ms: number }
  /** SIGTERM to one worker after the other, each when the one before it is replaced. */
  | { readonly kind: "rolling restart" }
  | { readonly kind: "terminate connections" }
  | { readonly kind: "restart postgres"; readonly signal: "SIGINT" | "SIGQUIT"; readonly ms: number }
  | { readonly kind: "restart temporal"; readonly signal: "SIGTERM" | "SIGKILL"; readonly ms: number }
  /** `cached`: Novu keeps the error under the call's key and gives it again to a repeat. */
  | { readonly kind: "novu answers"; readonly status: 429 | 500 | 503; readonly cached: boolean; readonly ms: number }
  /** A call of several events is refused as a whole, a lone one is not. */
  | { readonly kind: "novu refuses calls"; readonly status: 400 | 422; readonly cached: boolean; readonly ms: number }
  | { readonly kind: "novu drops replies"; readonly times: number }
  | { readonly kind: "novu is slow"; readonly delayMs: number; readonly ms: number }
  | {
      readonly kind: "network";
      readonly to: "postgres" | "temporal" | "novu";
      readonly how: "cut" | "hold" | "delay" | "down";
      readonly ms: number;
    };

/** Rows that one statement inserts. */
export interface Load {
  readonly kind: "single" | "many recipients" | "scheduled" | "refused";
  readonly tenant: string;
  readonly rows: number;
  readonly recipients: number;
  readonly priority: number;
  /** Milliseconds from the insert. */
  readonly dueInMs: number;
}

export interface Step {
  /** Milliseconds from the start. */
  readonly atMs: number;
  readonly trouble?: Trouble;
  readonly load?: Load;
}

export interface SoakOptions {
  readonly ms: number;
  readonly seed: number;
  readonly workers: number;
}

/** What happens when, in order of time: the same for the same options. */
export function planSoak({ ms, seed, workers }: SoakOptions): Step[] {
  const steps: Step[] = [];
  const [load, trouble] = [randomFrom(seed), randomFrom(seed + 1)];
  for (let atMs = 0; atMs < ms; atMs += between(load, 100, 800)) steps.push({ atMs, load: someLoad(load) });
  // The last seconds are without new trouble: what is under way then still has its time.
  for (let atMs = 1_000; atMs < ms - 3_000; atMs += between(trouble, 1_500, 5_000))
    steps.push({ atMs, trouble: someTrouble(trouble, workers) });
  return steps.sort((a, b) => a.atMs - b.atMs);
}

/** Notifications that Novu refuses: the dead letters there have to be in the end. */
export const refusedRows = (steps: readonly Step[]): number =>
  steps.reduce((sum, { load }) => sum + (load?.kind === "refused" ? load.rows : 0), 0);

function someLoad(random: () => number): Load {
  const common = {
    tenant: `tenant-${between(random, 1, 6)}`,
    priority: oneOf(random, [0, 50, 50, 50, 100]),
    recipients: 1,
    dueInMs: 0,
  };
  const draw = random();
  if (draw < 0.6) return { ...common, kind: "single", rows: between(random, 1, 60) };
  if (draw < 0.8)
    return {
      ...common,
      kind: "many recipients",
      rows: between(random, 1, 3),
      recipients: oneOf(random, [2, 10, 120, 350]),
    };
  if (draw < 0.93)
    return { ...common, kind: "scheduled", rows: between(random, 1, 20), dueInMs: between(random, 500, 8_000) };
  return { ...common, kind: "refused", rows: between(random, 1, 3) };
}

function someTrouble(random: () => number, workers: number): Trouble {
  const worker = between(random, 0, workers - 1);
  const kinds: readonly (() => Trouble)[] = [
    () => ({ kind: "kill worker", worker, ms: 0 }),
    () => ({ kind: "kill worker", worker, ms: 0 }),
    // Past the lease of three seconds.
    () => ({ kind: "stop worker", worker, ms: between(random, 3_500, 6_000) }),
    () => ({ kind: "rolling restart" }),
    () => ({ kind: "terminate connections" }),
    () => ({
      kind: "restart postgres",
      signal: oneOf(random, ["SIGINT", "SIGQUIT"] as const),
      ms: between(random, 100, 2_000),
    }),
    () => ({
      kind: "restart temporal",
      signal: oneOf(random, ["SIGTERM", "SIGKILL"] as const),
      ms: between(random, 100, 2_000),
    }),
    () => ({
      kind: "novu answers",
      status: oneOf(random, [429, 500, 503] as const),
      cached: oneOf(random, [true, false]),
      ms: between(random, 500, 2_500),
    }),
    () => ({
      kind: "novu refuses calls",
      status: oneOf(random, [400, 422] as const),
      cached: oneOf(random, [true, false]),
      ms: between(random, 300, 1_500),
    }),
    () => ({ kind: "novu drops replies", times: between(random, 1, 6) }),
    () => ({ kind: "novu is slow", delayMs: between(random, 200, 2_500), ms: between(random, 1_000, 3_000) }),
    () => ({
      kind: "network",
      to: oneOf(random, ["postgres", "temporal", "novu"] as const),
      how: oneOf(random, ["cut", "hold", "delay", "down"] as const),
      ms: between(random, 500, 3_500),
    }),
  ];
  return oneOf(random, kinds)();
}
