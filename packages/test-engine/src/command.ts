import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "xnovu/core/errors.ts";
import { signalTo, startChild } from "xnovu/local/child.ts";
import { EngineError } from "./errors.ts";

/** What a part says about its progress, one line each, for people. */
export type Log = (line: string) => void;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds. None when absent. */
  readonly timeoutMs?: number;
}

/** Runs a short command and returns its standard output. @throws EngineError with what it said. */
export async function output(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, timeoutMs: timeout } = options;
  try {
    const { stdout } = await promisify(execFile)(file, [...args], { cwd, env, timeout, maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new EngineError(`${file} ${args.slice(0, 3).join(" ")} failed: ${stderr || messageOf(error)}`);
  }
}

export interface LongCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What is done, for the lines that tell that it goes on. */
  readonly what: string;
  readonly log: Log;
}

/**
 * Runs a command that takes long, and tells that it goes on every 15 s.
 *
 * @throws EngineError with its last lines.
 */
export async function runLong({ what, log, ...command }: LongCommand): Promise<void> {
  const begin = Date.now();
  const child = await startChild(command);
  const ticker = setInterval(() => log(`${what}: ${Math.round((Date.now() - begin) / 1000)} s`), 15_000);
  // A Ctrl-C does not reach it, as it has a group of its own with its helpers in it.
  const end = () => void signalTo(-child.pid, "SIGKILL");
  process.once("exit", end);
  const { code, signal } = await child.exited;
  process.off("exit", end);
  clearInterval(ticker);
  if (code === 0) return;
  const words = child.tail().split("\n").slice(-8).join("\n");
  throw new EngineError(`${what} failed (${signal ?? `exit ${code}`}):\n${words}`);
}
