import { type BackoffOptions, backoffMs } from "./retry.ts";

/** The longest delay of `setTimeout`, 24.8 days in milliseconds. It fires at once for a longer one. */
const maxTimerMs = 2_147_483_647;

/** Waits `ms` milliseconds, at most 24.8 days, or until one of `signals` aborts. Never rejects. */
export function sleep(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, maxTimerMs));
    for (const signal of signals) signal.addEventListener("abort", done, { once: true });
  });
}

/** Resolves when one of `promises` resolves, or when `signal` aborts. Leaves no listener on the signal. */
export async function firstOf(promises: Iterable<Promise<unknown>>, signal: AbortSignal): Promise<void> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener("abort", onAbort, { once: true });
  });
  if (signal.aborted) onAbort();
  await Promise.race([aborted, ...promises]).finally(() => signal.removeEventListener("abort", onAbort));
}

/** Something that happens again and again, and that any number of callers wait for. */
export interface Occurrence {
  fire(): void;
  /** Resolves at the next `fire`, after `ms` milliseconds, or when `signal` aborts. */
  next(ms: number, signal: AbortSignal): Promise<void>;
}

export function createOccurrence(): Occurrence {
  let controller = new AbortController();
  return {
    fire() {
      const fired = controller;
      controller = new AbortController();
      fired.abort();
    },
    next: (ms, signal) => sleep(ms, controller.signal, signal),
  };
}

export interface RetryOptions {
  /** Errors worth another attempt. Any other error rejects. */
  readonly isTransient: (error: unknown) => boolean;
  /** `minMs` is added to the backoff, so that no attempt follows at once. */
  readonly backoff: BackoffOptions & { readonly minMs: number };
  /** Called before each wait. */
  readonly onFailure?: (error: unknown) => void;
  /** Ends the wait between two attempts; then the last error rejects. */
  readonly signal?: AbortSignal;
}

/** Repeats `attempt` until it resolves. An attempt that works for a while calls `reset`, so that its end counts as the first failure. */
export async function retry<T>(attempt: (reset: () => void) => Promise<T>, options: RetryOptions): Promise<T> {
  const { isTransient, backoff, onFailure, signal } = options;
  let failures = 0;
  const reset = () => {
    failures = 0;
  };
  for (;;) {
    try {
      return await attempt(reset);
    } catch (error) {
      if (signal?.aborted || !isTransient(error)) throw error;
      onFailure?.(error);
      failures++;
      const ms = backoff.minMs + backoffMs(failures, backoff);
      await (signal === undefined ? sleep(ms) : sleep(ms, signal));
      if (signal?.aborted) throw error;
    }
  }
}
