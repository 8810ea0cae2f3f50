import { parseArgs } from "node:util";
import { root } from "./checkout.ts";

export const benches = ["delivery", "latency", "backlog", "worker"] as const;
export type BenchName = (typeof benches)[number];

export interface BenchOptions {
  readonly run: readonly BenchName[];
  /** When absent each measurement has its own. */
  readonly rounds?: number;
  readonly rows?: number;
  /** Contenders by name; all when absent. */
  readonly only?: readonly string[];
  /** The state of the project whose worker is measured. */
  readonly checkout: string;
  readonly json: boolean;
  /** Whether bench/results is written: only by whole measurements of this checkout. */
  readonly keep: boolean;
}

const usage = `Measurements beside peers, on servers of their own. Nothing else should run on the machine.

Usage: node --import tsx bench/main.ts <delivery|latency|backlog|worker|all> [options]

  --rounds N       rounds in which the contenders take turns
  --rows N         notifications of a round (delivery), waiting (backlog)
  --only A,B       these contenders alone (delivery, latency); bench/results stays as it is
  --checkout DIR   the worker of another checkout, with its packages installed; bench/results stays as it is
  --json           the results on stdout, the lines on stderr

Examples:
  node --import tsx bench/main.ts delivery --rounds 5 --rows 20000
  node --import tsx bench/main.ts delivery --only xnovu-1,graphile-worker --rounds 2
  node --import tsx bench/main.ts backlog --rows 100000 --json > backlog.json
  node --import tsx bench/main.ts all
`;

/** A command line that asks for something else than a measurement. The message says what is wrong, or is the help. */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Pure: argv to options. @throws UsageError */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parsed(argv);
  if (values.help) throw new UsageError(usage, 0);
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError(usage, 2);
  const run = name === "all" ? benches : benches.filter((bench) => bench === name);
  if (run.length === 0) throw new UsageError(`There is no measurement ${name}.\n\n${usage}`, 2);
  const count = (flag: "rounds" | "rows") => {
    const text = values[flag];
    if (text === undefined) return {};
    if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${flag} takes a whole number from 1, not ${text}`, 2);
    return { [flag]: Number(text) };
  };
  const only = values.only?.split(",");
  return {
    run,
    ...count("rounds"),
    ...count("rows"),
    ...(only ? { only } : {}),
    checkout: values.checkout ?? root,
    json: values.json === true,
    keep: only === undefined && values.checkout === undefined,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        rows: { type: "string" },
        only: { type: "string" },
        checkout: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, 2);
  }
}
