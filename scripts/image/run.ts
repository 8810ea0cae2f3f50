import { createRequire } from "node:module";
import type { Env } from "../../core/config/parse.ts";
import { childEnv } from "./child-env.ts";

export { childEnv } from "./child-env.ts";

// When it is first needed, its core alone, and by `require`: the whole takes 50 ms more, and the wrapper for ES modules doubles the rest.
const require = createRequire(import.meta.url);
const zx = (): typeof import("zx/core") => require("zx/core");

/** Loads what `run` needs while another process works, so that it is there when it is called. */
export const warmUp = (): void => void zx();

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

/** Runs a step and keeps what it prints. Never throws for how the program ended. */
export async function run({ argv, env }: Step, options: RunOptions): Promise<Ran> {
  const { $ } = zx();
  const shell = $({
    cwd: options.cwd,
    env: childEnv({ ...options.env, ...env }),
    quiet: true,
    nothrow: true,
    stdio: ["ignore", "pipe", "pipe"],
    // One of its own: zx never takes its listener away, and ten are the most before Node warns.
    ...(options.signal === undefined ? {} : { signal: AbortSignal.any([options.signal]) }),
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
  const { $ } = zx();
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
