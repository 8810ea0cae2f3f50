import { appendFileSync, readFileSync } from "node:fs";

/** Names the file to which a test file appends a line when a test or hook begins and another when it ends. */
export const notesVariable = "XNOVU_TEST_NOTES";

/** Gives the seconds that a test or a hook may take. */
export const limitVariable = "XNOVU_TEST_LIMIT_S";

export interface TimedTest {
  readonly name: string;
  readonly ms: number;
}

function note(line: readonly [name: string, ms?: number]): void {
  const file = process.env[notesVariable];
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

export const noteBegin = (name: string): void => note([name]);
export const noteEnd = (name: string, ms: number): void => note([name, ms]);

/** What a test file noted: the tests and hooks that ended, and the one that was running at its end. */
export function readNotes(path: string): { readonly ended: readonly TimedTest[]; readonly current?: string } {
  const lines = read(path);
  const ended = lines.flatMap(([name, ms]) => (ms === undefined ? [] : [{ name, ms }]));
  const [last, ms] = lines.at(-1) ?? [];
  return last !== undefined && ms === undefined ? { ended, current: last } : { ended };
}

function read(path: string): [string, number?][] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): [string, number?] => JSON.parse(line));
  } catch {
    return [];
  }
}
