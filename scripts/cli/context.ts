import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Env } from "../../core/config/parse.ts";
import type { Context } from "./command.ts";

/**
 * The process's environment, with `.env` of the project as defaults. An empty variable counts as unset. When neither names a database, the
 * settings of the embedded stack that runs here are the last defaults, so `xnovu send` uses that stack.
 */
export function environment(processEnv: Env, folder: string): Env {
  const set = Object.fromEntries(Object.entries(processEnv).filter(([, value]) => value !== undefined && value !== ""));
  const env = { ...readEnvFile(join(folder, ".env")), ...set };
  if (env.DATABASE_URL || env.DATABASE_URL_FILE) return env;
  // The stack writes this file when it is up and removes it when it stops.
  return { ...readEnvFile(join(resolve(folder, env.XNOVU_STATE_DIR ?? ".xnovu"), "stack.env")), ...env };
}

function readEnvFile(path: string): Env {
  if (!existsSync(path)) return {};
  const values = Object.entries(parseEnv(readFileSync(path, "utf8")));
  return Object.fromEntries(values.filter(([, value]) => value !== ""));
}

/** `root`: folder of the project. */
export function createContext(processEnv: Env, root: string): Context {
  const env = environment(processEnv, root);
  const line = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(`${text}\n`);
  return {
    env,
    root,
    cwd: process.cwd(),
    out: line(process.stdout),
    note: line(process.stderr),
    interactive: Boolean(process.stderr.isTTY) && !env.CI,
    color: Boolean(process.stdout.isTTY) && !env.NO_COLOR,
  };
}
