// A property and not a WeakMap: the runner and a test file may each have loaded this module from another checkout.
const key = Symbol.for("xnovu.time-limit");

/** Gives a test or hook a time limit of its own, in seconds: `test("…", within(300, async () => { … }))`. */
export const within = <Run extends object>(seconds: number | undefined, run: Run): Run =>
  Object.assign(run, { [key]: seconds });

/** Undefined where a test or hook asks for no limit of its own. */
export function limitOf(run: object): number | undefined {
  const seconds: unknown = Reflect.get(run, key);
  return typeof seconds === "number" ? seconds : undefined;
}
