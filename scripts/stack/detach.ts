import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { XnovuError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import type { Context } from "../cli/command.ts";
import type { StackPaths, StackState } from "./hooks.ts";

/**
 * Runs `xnovu up` in the background, prints its messages until it is ready, and returns its state.
 *
 * @throws XnovuError when it ends before that. Its messages have been printed by then.
 */
export async function detachStack(context: Context, paths: StackPaths, args: readonly string[]): Promise<StackState> {
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  const file = join(paths.logs, "stack.log");
  const log = openSync(file, "w", 0o600);
  const child = spawn(process.execPath, [join(context.root, "scripts/xnovu.mjs"), "up", "--json", ...args], {
    cwd: context.root,
    env: { ...process.env, XNOVU_STATE_DIR: paths.folder },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once("exit", (code, signal) => {
    ended = signal ?? `exit ${code}`;
  });
  child.once("error", (error) => {
    ended = error.message;
  });
  child.unref();
  const follow = follower(file, context.note);
  const { findStack } = await import("../../local/stack/state.ts");
  // A Ctrl-C during the start stops the stack.
  const onInterrupt = () => void child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt);
  try {
    for (;;) {
      follow();
      const found = findStack(paths.stateFile);
      const ready = found.kind === "running" && found.state.phase === "ready" ? found.state : undefined;
      // Another `up` may have been first: then the child waited for that stack and exited.
      if (ready !== undefined && (ready.pid === child.pid || ended === "exit 0")) return ready;
      if (ended !== undefined) throw new XnovuError(`the stack did not start (${ended})`, { hint: `Its log: ${file}` });
      await sleep(100);
    }
  } finally {
    follow();
    process.off("SIGINT", onInterrupt);
  }
}

/** Each call passes the new lines of the file to `each`, except the JSON result: the caller prints its own. */
function follower(file: string, each: (line: string) => void): () => void {
  let seen = 0;
  return () => {
    const text = readFileSync(file, "utf8");
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(seen, end).split("\n").slice(0, -1)) if (!line.startsWith('{"already"')) each(line);
    seen = Math.max(seen, end);
  };
}
