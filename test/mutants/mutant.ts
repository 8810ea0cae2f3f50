/** A deliberate break, and the test files that must notice it. */
export interface Mutant {
  /** `area: what is broken`. */
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The cheapest first: the run stops at the first one that fails. */
  readonly tests: readonly string[];
  /** Why no test can notice it: it changes no behaviour. */
  readonly survives?: string;
}

type Break = Omit<Mutant, "file" | "tests" | "name">;

/** Breaks of one file that the same tests must notice. */
export const mutantsOf = (
  area: string,
  file: string,
  tests: readonly string[],
  breaks: Readonly<Record<string, Break>>,
): Mutant[] => Object.entries(breaks).map(([what, found]) => ({ name: `${area}: ${what}`, file, tests, ...found }));
