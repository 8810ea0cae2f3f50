// What test files get as "uvu" from the runner: every test and every hook has a time limit, and the one that exceeds it is named.
import { relative } from "node:path";
import { type Callback, exec, suite as originalSuite, test as originalTest, type Test } from "uvu";
import { limitOf } from "../../support/within.ts";
import { limitVariable, noteBegin, noteEnd } from "./notes.ts";

const file = relative(process.cwd(), process.argv[1] ?? "");
const defaultS = Number(process.env[limitVariable]) || 60;
let running = 0;
let exceeded = false;

function limited<T>(what: string, run: Callback<T>): Callback<T> {
  const seconds = limitOf(run) ?? defaultS;
  return async (context) => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        exceeded = true;
        reject(new Error(`${what} of ${file} exceeded ${seconds} s`));
      }, seconds * 1_000);
    });
    const begin = Date.now();
    noteBegin(what);
    try {
      await Promise.race([run(context), limit]);
    } finally {
      clearTimeout(timer);
      noteEnd(what, Date.now() - begin);
    }
  };
}

/** uvu drops the errors of these hooks: print them. */
const printed =
  <T>(run: Callback<T>): Callback<T> =>
  async (context) => {
    try {
      await run(context);
    } catch (error) {
      console.error(error);
      throw error;
    }
  };

// Whatever a test that was given up still waits for must not hold the process open.
function endSuite(): void {
  running--;
  if (running === 0 && exceeded) setTimeout(() => process.exit(1), 1_000).unref();
}

function timed<T>(inner: Test<T>): Test<T> {
  const before = (run: Callback<T>) => inner.before(printed(limited("before hook", run)));
  const after = (run: Callback<T>) => inner.after(limited("after hook", run));
  return Object.assign((name: string, run: Callback<T>) => inner(name, limited(`test "${name}"`, run)), {
    only: (name: string, run: Callback<T>) => inner.only(name, limited(`test "${name}"`, run)),
    skip: inner.skip,
    before: Object.assign(before, {
      each: (run: Callback<T>) => inner.before.each(limited("before.each hook", run)),
    }),
    after: Object.assign(after, {
      each: (run: Callback<T>) => inner.after.each(printed(limited("after.each hook", run))),
    }),
    run() {
      running++;
      inner.after(endSuite);
      inner.run();
    },
  });
}

export const test = timed(originalTest);
export const suite = <T>(title?: string, context?: T): Test<T> => timed(originalSuite(title, context));
export { exec };
