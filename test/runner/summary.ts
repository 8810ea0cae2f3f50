import { stripVTControlCharacters } from "node:util";

export interface Summary {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

/** The summaries that uvu printed, in order. */
export function readSummaries(output: string): Summary[] {
  const found = stripVTControlCharacters(output).matchAll(
    /^ {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)\n {2}Duration: /gm,
  );
  return [...found].map(([, total, passed, skipped]) => ({
    total: Number(total),
    passed: Number(passed),
    skipped: Number(skipped),
  }));
}
