import { parse } from "../../core/config/parse.ts";
import type { Context } from "../cli/command.ts";

// Types only: local/ is loaded when a stack starts or stops.
type Hooks = import("../../local/stack/start.ts").StackHooks;
export type StackPaths = import("../../local/stack/ports-and-paths.ts").StackPaths;
export type StackState = import("../../local/stack/state.ts").StackState;
export type StackChoice = import("../../local/stack/start.ts").StackChoice;
export type Stack = import("../../local/stack/start.ts").Stack;

/** Functions for the stack from modules that it does not import. */
export async function stackHooks(): Promise<Hooks> {
  const { migrateUp } = await import("../../outbox/migrate.ts");
  const { syncBridge } = await import("../../novu/sync.ts");
  return {
    migrate: migrateUp,
    sync: (novu, bridgeUrl) => syncBridge({ ...novu, timeoutMs: 10_000 }, bridgeUrl),
  };
}

/** The folders of this checkout's stack, or of one in a folder below. */
export async function pathsOf({ env, root }: Context, below?: string): Promise<StackPaths> {
  const { stackPaths } = await import("../../local/stack/ports-and-paths.ts");
  const { join } = await import("node:path");
  const { stateDir } = parse(env, ["general"]).general;
  return stackPaths(root, below === undefined ? stateDir : join(stateDir, below));
}
