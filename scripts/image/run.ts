// Its core alone: the rest takes 50 ms to load and is not used.
import { $ } from "zx/core";
import type { Env } from "../../core/config/parse.ts";

/** One command line, ready to be run or printed. */
export interface Step {
  readonly argv: readonly [string, ...string[]];
  /** Set over the caller's environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or 128 and the signal's number in the shell's way; 127 when the program is missing. */
  readonly code: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Env;
  /** Gets each piece of stderr while the command runs: BuildKit reports its progress there. */
  readonly onStderr?: (piece: string) => void;
  readonly signal?: AbortSignal;
}

/** An environment for a child. Next's types ask every environment for a NODE_ENV, which a child has no need of. */
export const childEnv = (env: Env): NodeJS.ProcessEnv => env as NodeJS.ProcessEnv;

/** Runs a step and keeps what it prints. Never throws for how the program ended. */
export async function run({ argv, env }: Step, options: RunOptions): Promise<Ran> {
  const shell = $({
    cwd: options.cwd,
    env: childEnv({ ...options.env, ...env }),
    quiet: true,
    nothrow: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const child = shell`${argv}`;
  const { onStderr } = options;
  if (onStderr) child.stderr?.on("data", (piece: Buffer) => onStderr(piece.toString()));
  const { exitCode, stdout, stderr } = await child;
  // zx has null here for a child that a signal ended, and null would count as 0.
  return { ok: exitCode === 0, stdout, stderr, code: exitCode ?? 130 };
}

/** The terminal belongs to the command until it ends. Returns its exit code. */
export async function runAttached({ argv, env }: Step, options: RunOptions): Promise<number> {
  const shell = $({
    cwd: options.cwd,
    env: childEnv({ ...options.env, ...env }),
    quiet: true,
    nothrow: true,
    stdio: "inherit",
  });
  const { exitCode } = await shell`${argv}`;
  return exitCode ?? 130;
}
