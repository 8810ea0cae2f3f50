import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";

export interface Step {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/**
 * Runs the steps of a stop in order, under one deadline. A step that fails is told and the next one runs all the same.
 * Resolves to `clean`, or to what was left undone.
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
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<"deadline">((resolve) => {
    timer = setTimeout(() => resolve("deadline"), deadlineMs);
  });
  const result = await Promise.race([inOrder(), deadline]).finally(() => clearTimeout(timer));
  if (result === "deadline") log.error({ step: current, deadlineMs }, "the stop did not end in time");
  return result;
}
