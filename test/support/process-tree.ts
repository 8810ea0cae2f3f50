import { readdirSync, readFileSync } from "node:fs";
import { signalTo } from "../../local/child.ts";

/** A process and all its descendants, parents first. Linux. */
function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(below)];
  return below(pid);
}

/** Stops a process with everything below it, as a machine that hangs does: sockets stay, nothing answers. */
export function freeze(pid: number): () => void {
  const tree = processTree(pid);
  for (const one of tree) signalTo(one, "SIGSTOP");
  return () => {
    for (const one of tree) signalTo(one, "SIGCONT");
  };
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name before the state may hold anything, brackets and spaces included.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
