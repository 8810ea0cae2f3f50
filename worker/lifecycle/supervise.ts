import { messageOf, XnovuError } from "../../core/errors.ts";
import { backoffMs } from "../../core/retry.ts";
import { sleep } from "../../core/time.ts";
import type { ComponentStatus } from "./component-status.ts";

export interface SuperviseOptions {
  readonly name: string;
  /** Runs until `signal` aborts. To end earlier, or to reject, is a failure. Sets its own status once it is up. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly components: ComponentStatus;
  /** Most restarts within the window. One more, and the component stays down. */
  readonly limit: number;
  readonly windowMs: number;
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

/**
 * Keeps a component running: restarts it with backoff when it fails. Rejects when it failed more than `limit` times within the window, or at once
 * on an XnovuError, which no restart fixes. Resolves when `signal` aborted and the component ended.
 */
export async function supervise(options: SuperviseOptions): Promise<void> {
  const { name, run, signal, components, limit, windowMs, backoff = { baseMs: 500, maxMs: 15_000 } } = options;
  let failures: number[] = [];
  while (!signal.aborted) {
    components.set(name, "starting");
    const error = await run(signal).then(
      () => new Error("it ended although the worker does not stop"),
      (cause: unknown) => cause,
    );
    if (signal.aborted) break;
    components.set(name, "down", messageOf(error));
    if (error instanceof XnovuError) throw error;
    const now = Date.now();
    failures = [...failures.filter((at) => now - at < windowMs), now];
    if (failures.length > limit)
      throw new XnovuError(
        `${name} failed ${failures.length} times within ${windowMs / 1000} s and stays down: ${messageOf(error)}`,
        { cause: error },
      );
    await sleep(backoffMs(failures.length, backoff), signal);
    components.restarted(name);
  }
  components.set(name, "stopped");
}
