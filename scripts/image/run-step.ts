import { createRequire } from "node:module";
import type { Env } from "../../core/config/parse.ts";
import { childEnv } from "./child-env.ts";

export { childEnv } from "./child-env.ts";

// Loaded on first use, only its core, and with `require`: the full package takes 50 ms more, and its ES module wrapper doubles the rest.
const require = createRequire(import.meta.url);
const zx = (): typeof import("zx/core") => require("zx/core");

/** Loads zx early, while another process works. */
export const warmUp = (): void => void zx();

/** One command line to run or print. */
export interface Step {
  readonly argv: readonly [string, ...string[]];
  /** Added to the caller's environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 130 after a signal, 127 when the program is missing. */
  readonly code: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Env;
  /** Receives stderr while the command runs: BuildKit reports its progress there. */
  readonly onStderr?: (piece: string) => void;
  readonly signal?: AbortSignal;
}

/** Runs a step and captures its output. A failure of the program is a result, not an exception. */
export async function run({ argv, env }: Step, options: RunOptions): Promise<Ran> {
  const shell = zx().$({
    ...shellOptions(env, options),
    stdio: ["ignore", "pipe", "pipe"],
    // A signal for each run: zx never removes its listener, and Node warns above ten listeners on one signal.
    ...(options.signal === undefined ? {} : { signal: AbortSignal.any([options.signal]) }),
  });
  const child = shell`${argv}`;
  const { onStderr } = options;
  if (onStderr) child.stderr?.on("data", (piece: Buffer) => onStderr(piece.toString()));
  const { exitCode, stdout, stderr } = await child;
  // After a signal zx returns null, which process.exitCode would treat as 0.
  return { ok: exitCode === 0, stdout, stderr, code: exitCode ?? 130 };
}

/** Runs a step with this terminal as its stdio. Returns its exit code. */
export async function runAttached({ argv, env }: Step, options: RunOptions): Promise<number> {
  const shell = zx().$({ ...shellOptions(env, options), stdio: "inherit" });
  const { exitCode } = await shell`${argv}`;
  return exitCode ?? 130;
}

const shellOptions = (env: Step["env"], options: RunOptions) => ({
  cwd: options.cwd,
  env: childEnv({ ...options.env, ...env }),
  quiet: true,
  nothrow: true,
});
