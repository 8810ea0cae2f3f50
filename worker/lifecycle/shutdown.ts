import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { sleep } from "../../core/time.ts";

export interface Step {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs the steps of a stop in order, under one deadline. A step that fails is logged, and the next one runs anyway. Resolves to `clean`, to `failed`
 * if a step failed, or to `deadline` if the steps took too long.
 */
export async function shutDown(
  steps: readonly Step[],
  deadlineMs: number,
  log: Logger,
): Promise<"clean" | "failed" | "deadline"> {
  let failed = false;
  let current = "";
  const inOrder = async () => {
    for (const { name, run } of steps) {
      current = name;
      const start = performance.now();
      try {
        await run();
        log.info({ step: name, ms: Math.round(performance.now() - start) }, "stopped");
      } catch (error) {
        failed = true;
        log.error({ step: name, error: messageOf(error) }, "a step of the stop failed");
      }
    }
    return failed ? ("failed" as const) : ("clean" as const);
  };
  const done = new AbortController();
  const deadline = sleep(deadlineMs, done.signal).then(() => "deadline" as const);
  const result = await Promise.race([inOrder(), deadline]).finally(() => done.abort());
  if (result === "deadline") log.error({ step: current, deadlineMs }, "the stop did not end in time");
  return result;
}
