import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../cli/command.ts";
import type { StackPaths, StackState } from "./hooks.ts";

/** The stack that is up, if one is. One that is just starting or stopping is waited for. */
export async function runningAlready({ note }: Context, paths: StackPaths): Promise<StackState | undefined> {
  const { runningStack } = await import("../../local/stack/start.ts");
  let told = "";
  for (;;) {
    const state = runningStack(paths);
    if (state === undefined || state.phase === "ready") return state;
    if (told !== state.phase) note(`Process ${state.pid} is ${state.phase} the stack of this folder; waiting for it.`);
    told = state.phase;
    await sleep(200);
  }
}
