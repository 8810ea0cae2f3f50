import type { FileResult } from "./file.ts";

type Paint = (code: number, text: string) => string;

export const painter = (colours: boolean): Paint =>
  colours ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_, text) => text;

/** One line for a file; everything it printed follows when it failed. */
export function fileLines(result: FileResult, paint: Paint): string {
  const { file, passed, skipped, ms, problems, output } = result;
  const failed = problems.length > 0;
  const word = failed ? paint(31, "FAIL") : paint(32, "ok  ");
  const skips = skipped > 0 ? paint(33, `  ${skipped} SKIPPED`) : "";
  const line = `${word} ${file}  ${passed} passed  ${ms} ms${skips}`;
  if (!failed) return line;
  const reasons = problems.map((problem) => paint(31, `     ${problem}`));
  return [
    line,
    ...reasons,
    ...output
      .trimEnd()
      .split("\n")
      .map((text) => `     | ${text}`),
  ].join("\n");
}

/** The last word: `N passed, N failed`, and the skipped tests when there are any. Counts tests, not files. */
export function closingLine(results: readonly FileResult[]): string {
  const sum = (of: (result: FileResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const skipped = sum((result) => result.skipped);
  return `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Repeats what failed and what was skipped after a long run. */
export function reminder(results: readonly FileResult[], paint: Paint): string[] {
  const failed = results
    .filter((r) => r.problems.length > 0)
    .map((r) => paint(31, `failed: ${r.file}: ${r.problems.join("; ")}`));
  const skipped = results.filter((r) => r.skipped > 0).map((r) => paint(33, `SKIPPED: ${r.skipped} in ${r.file}`));
  return [...skipped, ...failed];
}

/** The slowest tests and hooks, a line each. */
export function slowestLines(results: readonly FileResult[], count: number): string[] {
  return results
    .flatMap(({ file, tests }) => tests.map(({ name, ms }) => ({ ms, line: `${ms} ms  ${file}  ${name}` })))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, count)
    .map(({ line }) => line);
}
