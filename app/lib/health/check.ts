import { type Category, categoryOf } from "./category.ts";

/** One thing to look at. Resolves when it is well; rejects with what is wrong. Gives up when the signal aborts. */
export type Probe = (signal: AbortSignal) => Promise<void>;

export interface CheckResult {
  readonly status: "up" | "down";
  readonly latencyMs: number;
  /** Why it is down, fit for strangers. */
  readonly error?: Category;
}

/** What a stranger may see, and the fault itself for the log. */
export interface CheckOutcome {
  readonly result: CheckResult;
  readonly fault?: unknown;
}

/** Runs a probe under a time limit in milliseconds. Never rejects, and never waits for a probe that ignores its signal. */
export async function runCheck(probe: Probe, timeoutMs: number): Promise<CheckOutcome> {
  const startedAt = performance.now();
  const latencyMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DOMException(`no answer within ${timeoutMs} ms`, "TimeoutError");
      reject(error);
      abort.abort(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([probe(abort.signal), limit]);
    return { result: { status: "up", latencyMs: latencyMs() } };
  } catch (fault) {
    return { result: { status: "down", latencyMs: latencyMs(), error: categoryOf(fault) }, fault };
  } finally {
    clearTimeout(timer);
  }
}
