import { sleep } from "../../core/time.ts";
import type { Context } from "../cli/command.ts";
import type { StackPaths, StackState } from "./hooks.ts";

/** The running stack, or undefined. Waits while one is starting or stopping. */
export async function runningAlready({ note }: Context, paths: StackPaths): Promise<StackState | undefined> {
  const { runningStack } = await import("../../local/stack/start.ts");
  let reported = "";
  for (;;) {
    const state = runningStack(paths);
    if (state === undefined || state.phase === "ready") return state;
    if (reported !== state.phase)
      note(`Process ${state.pid} is ${state.phase} the stack of this folder; waiting for it.`);
    reported = state.phase;
    await sleep(200);
  }
}
