import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { UsageError } from "../../core/errors.ts";

export interface RunnerOptions {
  /** Files at once. */
  readonly jobs: number;
  /** Seconds one file may take. */
  readonly timeoutS: number;
  /** Seconds one test or hook may take, unless it asks for more with `within`. */
  readonly testTimeoutS: number;
  /** How many of the slowest tests are printed at the end. */
  readonly slowest: number;
  /** Only files that need no server, unless files are named; starts none. */
  readonly unit: boolean;
  /** Paths or parts of paths; empty means every test file. */
  readonly patterns: readonly string[];
}

const usage = `node --import tsx test/run.ts [--jobs N] [--timeout SECONDS] [--test-timeout SECONDS] [--slowest N] [--unit] [path or part of a path ...]

  --jobs N                files at once (default: one more than the processors, as most tests wait now and then)
  --timeout SECONDS       time limit of one file (default 180)
  --test-timeout SECONDS  time limit of one test or hook (default 60; a third of the file's own limit where that is longer)
  --slowest N             print the N slowest tests at the end
  --unit                  only the files that need no server, unless files are named; starts none`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): RunnerOptions {
  const { values, positionals } = read(args);
  return {
    jobs: wholeNumber("--jobs", values.jobs),
    timeoutS: wholeNumber("--timeout", values.timeout),
    testTimeoutS: wholeNumber("--test-timeout", values["test-timeout"]),
    slowest: values.slowest === undefined ? 0 : wholeNumber("--slowest", values.slowest),
    unit: values.unit,
    patterns: positionals,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        jobs: { type: "string", default: String(availableParallelism() + 1) },
        timeout: { type: "string", default: "180" },
        "test-timeout": { type: "string", default: "60" },
        slowest: { type: "string" },
        unit: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), usage);
  }
}

function wholeNumber(flag: string, value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new UsageError(`${flag} takes a whole number from 1, not ${value}`, usage);
  return Number(value);
}
