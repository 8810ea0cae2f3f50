import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.ts";
import { commit, type Machine, machineFacts } from "./machine.ts";
import type { Stage } from "./stage.ts";

export interface Result<T> {
  readonly bench: string;
  /** ISO, UTC. */
  readonly at: string;
  readonly commit: string;
  readonly machine: Machine;
  /** The one line that says it. */
  readonly line: string;
  readonly data: T;
}

const folder = join(root, "bench/results");

/** Facts about the machine are taken first: a measurement raises the load by itself. */
export async function startResult(bench: string, stage: Stage) {
  const machine = await machineFacts(stage);
  return <T>(line: string, data: T): Result<T> => ({
    bench,
    at: new Date().toISOString(),
    commit: commit(),
    machine,
    line,
    data,
  });
}

/** Writes `bench/results/<bench>.json` and its plots, `<bench>[-<name>].svg`. */
export function keepResult<T>(result: Result<T>, plots: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.bench}.json`), `${inLines(result)}\n`);
  for (const [name, svg] of Object.entries(plots))
    writeFileSync(join(folder, name === "" ? `${result.bench}.svg` : `${result.bench}-${name}.svg`), svg);
}

/** JSON with a list of numbers in one line, as the formatter has it. */
const inLines = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/\[[-\d.,\s]+\]/g, (list) => list.replace(/\s+/g, "").replaceAll(",", ", "));
