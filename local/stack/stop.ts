import { XnovuError } from "../../core/errors.ts";
import { isAlive, type ProcessIdentity } from "../../core/process-identity.ts";
import { sleep } from "../../core/time.ts";
import { signalTo } from "../child.ts";
import { stopPostgresOf } from "../postgres-running.ts";
import type { StackPaths } from "./ports-and-paths.ts";
import { processesWithArgument } from "./processes.ts";
import { findStack, type PartRecord, removeState, type StackState } from "./state.ts";

export interface Stopped {
  /** `nothing`: no stack ran. `stopped`: the stack stopped itself. `tidied`: it had ended, and its children were stopped. */
  readonly outcome: "nothing" | "stopped" | "tidied";
  /** Processes that had to be stopped from outside: `worker (process 12)`. */
  readonly leftovers: readonly string[];
}

/** A stack drains its worker first. After this time it is killed. */
const stackLimitMs = 60_000;

/** Stops the stack of this folder and returns when none of its processes is left. */
export async function stopStack(paths: StackPaths, note: (line: string) => void): Promise<Stopped> {
  const found = findStack(paths.stateFile);
  if (found.kind === "running") {
    note(`Stopping the stack (process ${found.state.pid}); its worker finishes its rows first.`);
    signalTo(found.state.pid, "SIGTERM");
    if (!(await gone(found.state, stackLimitMs))) {
      note(`It still runs after ${stackLimitMs / 1000} s: killing it.`);
      signalTo(found.state.pid, "SIGKILL");
      await gone(found.state, 5_000);
    }
  }
  const leftovers = await tidy(paths);
  if (found.kind === "running") return { outcome: "stopped", leftovers };
  return { outcome: found.kind === "none" && leftovers.length === 0 ? "nothing" : "tidied", leftovers };
}

/**
 * Stops what a killed stack process left running, and removes its state. Does nothing while the stack runs. Returns the stopped processes.
 */
export async function tidy(paths: StackPaths): Promise<string[]> {
  const found = findStack(paths.stateFile);
  if (found.kind === "running") return [];
  const stopped: string[] = [];
  for (const part of found.kind === "stale" ? leftRunning(found.state) : []) {
    await stopOne(part);
    stopped.push(`${part.name} (process ${part.pid})`);
  }
  // Started but not yet recorded when the stack was killed.
  for (const [name, argument] of [
    ["temporal", paths.temporalDb],
    ["novu", paths.novuData],
  ] as const)
    for (const identity of processesWithArgument(argument)) {
      await stopOne({ name, ...identity });
      stopped.push(`${name} (process ${identity.pid})`);
    }
  if (found.kind !== "none" && (await stopPostgresOf(paths.postgres))) stopped.push("postgres");
  // Another process may have claimed it meanwhile.
  if (findStack(paths.stateFile).kind !== "running") removeState(paths.stateFile);
  return stopped;
}

/** In the order of their stop, as the state lists them. */
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
  // Each part is the leader of its own process group.
  signalTo(-part.pid, "SIGKILL");
}

async function gone(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(50)) if (!isAlive(identity)) return true;
  return !isAlive(identity);
}
