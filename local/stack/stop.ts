import { setTimeout as sleep } from "node:timers/promises";
import { XnovuError } from "../../core/errors.ts";
import { isAlive, type ProcessIdentity } from "../../core/process-identity.ts";
import { signalTo } from "../child.ts";
import { stopPostgresOf } from "../postgres-running.ts";
import type { StackPaths } from "./plan.ts";
import { processesWithArgument } from "./processes.ts";
import { findStack, type PartRecord, removeState, type StackState } from "./state.ts";

export interface Stopped {
  /** `nothing`: none ran. `stopped`: the stack did it itself. `tidied`: it was gone, and its children were stopped. */
  readonly outcome: "nothing" | "stopped" | "tidied";
  /** What had to be stopped from outside: `worker (process 12)`. */
  readonly leftovers: readonly string[];
}

/** A stack that is asked to stop drains its worker first: this long, then it is made to. */
const stackLimitMs = 60_000;

/** Stops the stack of this folder and returns when none of its processes is left. */
export async function stopStack(paths: StackPaths, say: (line: string) => void): Promise<Stopped> {
  const found = findStack(paths.stateFile);
  if (found.kind === "running") {
    say(`Stopping the stack (process ${found.state.pid}); its worker finishes what it holds.`);
    signalTo(found.state.pid, "SIGTERM");
    if (!(await gone(found.state, stackLimitMs))) {
      say(`It does not end by itself after ${stackLimitMs / 1000} s: ending it.`);
      signalTo(found.state.pid, "SIGKILL");
      await gone(found.state, 5_000);
    }
  }
  const leftovers = await tidy(paths);
  if (found.kind === "running") return { outcome: "stopped", leftovers };
  return { outcome: found.kind === "none" && leftovers.length === 0 ? "nothing" : "tidied", leftovers };
}

/**
 * Stops what a stack process that was killed has left running, and removes its state. Does nothing while the stack runs.
 * Returns what it stopped.
 */
export async function tidy(paths: StackPaths): Promise<string[]> {
  const found = findStack(paths.stateFile);
  if (found.kind === "running") return [];
  const stopped: string[] = [];
  for (const part of found.kind === "stale" ? leftRunning(found.state) : []) {
    await stopOne(part);
    stopped.push(`${part.name} (process ${part.pid})`);
  }
  // Started, but not yet on record when the stack was killed.
  for (const [name, argument] of [
    ["temporal", paths.temporalDb],
    ["novu", paths.novuData],
  ] as const)
    for (const identity of processesWithArgument(argument)) {
      await stopOne({ name, ...identity });
      stopped.push(`${name} (process ${identity.pid})`);
    }
  if (found.kind !== "none" && (await stopPostgresOf(paths.postgres))) stopped.push("postgres");
  // Unless another process has claimed it meanwhile.
  if (findStack(paths.stateFile).kind !== "running") removeState(paths.stateFile);
  return stopped;
}

/** The state lists them in the order they are to be stopped in. */
const leftRunning = (state: StackState): readonly PartRecord[] => state.parts.filter(isAlive);

async function stopOne(part: PartRecord): Promise<void> {
  // SIGINT is Postgres' fast shutdown; the worker drains on SIGTERM.
  signalTo(part.pid, part.name === "postgres" ? "SIGINT" : "SIGTERM");
  if (!(await gone(part, part.name === "worker" ? 35_000 : 10_000))) {
    signalTo(part.pid, part.name === "postgres" ? "SIGQUIT" : "SIGKILL");
    if (!(await gone(part, 5_000)))
      throw new XnovuError(`${part.name} (process ${part.pid}) does not end.`, {
        hint: `Look at it: ps -fp ${part.pid}`,
      });
  }
  // Each part heads a group of its own.
  signalTo(-part.pid, "SIGKILL");
}

async function gone(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(50)) if (!isAlive(identity)) return true;
  return !isAlive(identity);
}
