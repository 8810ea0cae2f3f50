import { messageOf, XnovuError } from "../../core/errors.ts";
import { backoffMs } from "../../core/retry.ts";
import type { ComponentStatus } from "./component-status.ts";
import { sleep } from "./sleep.ts";

export interface SuperviseOptions {
  readonly name: string;
  /** Runs until `signal` aborts. Ending before that, or rejecting, is a failure. Sets its own state on the component status once it is up. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly components: ComponentStatus;
  /** Restarts within the window before the part counts as staying down. */
  readonly limit: number;
  readonly windowMs: number;
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

/**
 * Keeps a part running: restarts it with backoff when it fails, and rejects when it failed more than `limit` times within the window, or at once
 * on an XnovuError, which no restart mends. Resolves when `signal` aborts and the part has ended.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { name, run, signal, components, limit, windowMs, backoff = { baseMs: 500, maxMs: 15_000 } } = options;
  let failures: number[] = [];
  while (!signal.aborted) {
    components.set(name, "starting");
    const fault = await run(signal).then(
      () => new Error("it ended by itself"),
      (error: unknown) => error,
    );
    if (signal.aborted) break;
    components.set(name, "down", messageOf(fault));
    if (fault instanceof XnovuError) throw fault;
    const now = Date.now();
    failures = [...failures.filter((at) => now - at < windowMs), now];
    if (failures.length > limit)
      throw new XnovuError(
        `${name} failed ${failures.length} times within ${windowMs / 1000} s and stays down: ${messageOf(fault)}`,
        { cause: fault },
      );
    await sleep(backoffMs(failures.length, backoff), signal);
    components.restarted(name);
  }
  components.set(name, "stopped");
}
