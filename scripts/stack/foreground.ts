import { parse } from "../../core/config/parse.ts";
import { exitCodes, XnovuError } from "../../core/errors.ts";
import type { Context } from "../cli/command.ts";
import { type Stack, type StackChoice, stackHooks } from "./hooks.ts";

export interface RunOptions extends StackChoice {
  /** Receives condensed log lines of the parts while the stack is up. During start and stop only the steps are shown. */
  readonly show?: (line: string) => void;
}

/**
 * Starts a stack, runs `work` with it and stops it in order, also when `work` throws. Ctrl-C, SIGTERM and the end of the terminal abort the
 * signal of `work`; a second one ends everything at once.
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
  // When the terminal closes, writing to stderr fails. The parts must still be stopped in order.
  process.stderr.on("error", () => undefined);
  try {
    const { startStack } = await import("../../local/stack/start.ts");
    const { show = () => undefined, ...rest } = options;
    reportUnused(await unused(env), note);
    let up = false;
    const showWhileUp = (line: string) => {
      if (up) show(`${new Date().toTimeString().slice(0, 8)} ${line}`);
    };
    const stack = await startStack({
      ...rest,
      env,
      root,
      hooks: await stackHooks(),
      output: { note, show: showWhileUp },
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
    // An interrupted build or download may take minutes to end. The command does not wait for it.
    setTimeout(() => process.exit(), 1_000).unref();
  }
}

async function unused(env: Context["env"]): Promise<string[]> {
  parse(env, ["general"]);
  const { unusedSettings } = await import("../../local/stack/environment.ts");
  return unusedSettings(env);
}

function reportUnused(names: readonly string[], note: Context["note"]): void {
  if (names.length > 0)
    note(`Ignored, because this stack has its own services and ports: ${names.join(", ")} (set in the shell or .env).`);
}

function onStopSignals(stop: AbortController, note: Context["note"]): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let firstAt = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    // The terminal sends a Ctrl-C to all processes, and pnpm and make forward it: one can arrive twice within milliseconds.
    if (stop.signal.aborted && Date.now() - firstAt < 300) return;
    if (stop.signal.aborted) {
      note("Ending everything at once.");
      process.exit(exitCodes.failed);
    }
    firstAt = Date.now();
    note(`${signal}: stopping in order. Repeat it to end everything at once.`);
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

/** The offset of a flag, or undefined when the flag was not given. */
export async function offsetOf(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { portsAt } = await import("../../local/stack/ports-and-paths.ts");
  const offset = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  portsAt(offset);
  return offset;
}

/** The running stack differs from the wanted one. */
export const otherStackRuns = (what: string): XnovuError =>
  new XnovuError(`the stack of this folder is already up, ${what}.`, { hint: "Stop it first: pnpm xnovu down" });
