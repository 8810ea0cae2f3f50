import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Env, root } from "./worker.ts";

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `xnovu` as a process of its own and collects what it said. */
export function xnovu(args: readonly string[], env: Env, input = ""): Promise<CliResult> {
  const child = spawn(process.execPath, [join(root, "scripts/xnovu.mjs"), ...args], {
    cwd: root,
    env: { NODE_ENV: "test", ...env },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
  });
}
