import { parse } from "../../core/config/parse.ts";
import type { Context } from "../cli/command.ts";

// Types alone: the room itself is loaded only where a stack is started or stopped.
type Hooks = import("../../local/stack/start.ts").StackHooks;
export type StackPaths = import("../../local/stack/plan.ts").StackPaths;
export type StackState = import("../../local/stack/state.ts").StackState;
export type Stack = import("../../local/stack/start.ts").Stack;

/** What the stack is handed from rooms that it does not import. */
export async function stackHooks(): Promise<Hooks> {
  const { migrateUp } = await import("../../outbox/migrate.ts");
  const { syncBridge } = await import("../../novu/sync.ts");
  return {
    migrate: migrateUp,
    sync: (novu, bridgeUrl) => syncBridge({ ...novu, timeoutMs: 10_000 }, bridgeUrl),
  };
}

/** The folders of this checkout's stack, or of another one below them. */
export async function pathsOf({ env, root }: Context, below?: string): Promise<StackPaths> {
  const { stackPaths } = await import("../../local/stack/plan.ts");
  const { join } = await import("node:path");
  const { stateDir } = parse(env, ["general"]).general;
  return stackPaths(root, below === undefined ? stateDir : join(stateDir, below));
}
