import { parse } from "../../core/config/parse.ts";
import { exitCodes, XnovuError } from "../../core/errors.ts";
import type { Context } from "../cli/command.ts";
import { type Stack, type StackPaths, stackHooks } from "./hooks.ts";

export interface RunOptions {
  readonly paths: StackPaths;
  readonly offset: number;
  readonly fresh: boolean;
  readonly bridgeKey?: string;
  /** Folder of the app's copies, when it is not the stack's own. */
  readonly appFolder?: string;
  /** Gets condensed lines of the parts' logs while the stack is up: before and after, the steps tell more. Dropped when absent. */
  readonly show?: (line: string) => void;
}

/**
 * Starts a stack, runs `work` with it and stops it in order, whatever `work` did. Ctrl-C, SIGTERM and the end of the terminal abort the
 * signal that `work` gets; once more ends everything at once.
 *
 * @throws what startStack and `work` throw; XnovuError when a part stays down meanwhile.
 */
export async function withStack<T>(
  context: Context,
  options: RunOptions,
  work: (stack: Stack, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { env, root, note } = context;
  const stop = new AbortController();
  const offSignals = onStopSignals(stop, note);
  // A terminal that goes away takes stderr with it; the parts are still to be stopped in order.
  process.stderr.on("error", () => undefined);
  try {
    const { startStack } = await import("../../local/stack/start.ts");
    const { show = () => undefined, ...rest } = options;
    tellUnused(await unused(env), note);
    let up = false;
    const showWhileUp = (line: string) => {
      if (up) show(`${new Date().toTimeString().slice(0, 8)} ${line}`);
    };
    const stack = await startStack({
      ...rest,
      env,
      root,
      show: showWhileUp,
      hooks: await stackHooks(),
      say: note,
      signal: stop.signal,
    });
    const { removeEnvFile, writeEnvFile } = await import("../../local/stack/env-file.ts");
    writeEnvFile(options.paths, stack.state().ports, stack.databaseUrl, stack.novuKey);
    up = true;
    try {
      return await Promise.race([work(stack, stop.signal), stack.lost]);
    } finally {
      up = false;
      note("Stopping everything…");
      await stack.stop();
      removeEnvFile(options.paths);
    }
  } finally {
    offSignals();
    // A build or download that a stop cut short may go on for minutes; whoever runs this command wants its end now.
    setTimeout(() => process.exit(), 1_000).unref();
  }
}

async function unused(env: Context["env"]): Promise<string[]> {
  parse(env, ["general"]);
  const { unusedSettings } = await import("../../local/stack/environment.ts");
  return unusedSettings(env);
}

function tellUnused(names: readonly string[], note: Context["note"]): void {
  if (names.length > 0)
    note(
      `Not used here, because this stack has its own services and ports: ${names.join(", ")} (set in the shell or .env).`,
    );
}

function onStopSignals(stop: AbortController, note: Context["note"]): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    // pnpm and make pass on what the terminal has sent to all of them: one Ctrl-C can arrive twice within milliseconds.
    if (stop.signal.aborted && Date.now() - asked < 300) return;
    if (stop.signal.aborted) {
      note("Ending everything at once.");
      process.exit(exitCodes.failed);
    }
    asked = Date.now();
    note(`${signal}: stopping in order; once more ends everything at once.`);
    stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** A whole number of a flag, or undefined when it was not given. */
export async function offsetOf(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { portsAt } = await import("../../local/stack/plan.ts");
  const offset = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  portsAt(offset);
  return offset;
}

/** What was asked for, and the stack that runs is another one. */
export const otherStackRuns = (what: string): XnovuError =>
  new XnovuError(`the stack of this folder is up already, ${what}.`, { hint: "Stop it first: pnpm xnovu down" });
