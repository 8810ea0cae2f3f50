import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import type { Env } from "../../core/config/parse.ts";
import type { Context } from "./command.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** `.env` of the project lies beneath the process's environment; an empty variable counts as unset. */
export function environment(processEnv: Env, folder: string): Env {
  const file = join(folder, ".env");
  if (!existsSync(file)) return { ...processEnv };
  const set = Object.entries(processEnv).filter(([, value]) => value !== undefined && value !== "");
  return { ...parseEnv(readFileSync(file, "utf8")), ...Object.fromEntries(set) };
}

export function createContext(processEnv: Env): Context {
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
