const limits = new WeakMap<object, number>();

/** Gives a test or hook a time limit of its own, in seconds: `test("…", within(300, async () => { … }))`. */
export function within<Run extends object>(seconds: number | undefined, run: Run): Run {
  if (seconds !== undefined) limits.set(run, seconds);
  return run;
}

/** Undefined where a test or hook asks for no limit of its own. */
export const limitOf = (run: object): number | undefined => limits.get(run);
