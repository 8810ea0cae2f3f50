import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { signalTo } from "../../local/child.ts";
import { portsOf } from "../../local/ports.ts";

/** Environment variable that marks every process a test file starts, whatever group it moves to. */
export const mark = "XNOVU_TEST_FILE";

// A server that got the signal to stop may still be on its way out when the file's own process has ended.
const graceMs = 1_500;

/**
 * Kills what a test file left running and returns a line for each process, with the ports it listened on.
 * Found by the mark in their environment and by the file's process group; without /proc only by the group.
 */
export async function endLeftovers(group: number, token: string): Promise<string[]> {
  const end = Date.now() + graceMs;
  while (left(group, token).length > 0 && Date.now() < end) await sleep(50);
  const lines = left(group, token);
  killMarked(token);
  signalTo(-group, "SIGKILL");
  return lines;
}

export function killMarked(token: string): void {
  for (const pid of processes().filter((pid) => isMarked(pid, token))) signalTo(pid, "SIGKILL");
}

function left(group: number, token: string): string[] {
  if (process.platform !== "linux") return signalTo(-group, 0) ? [`something of process group ${group}`] : [];
  return processes()
    .filter((pid) => isMarked(pid, token) || groupOf(pid) === group)
    .map(describe);
}

const processes = (): number[] =>
  read(() => readdirSync("/proc"), [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const isMarked = (pid: number, token: string): boolean =>
  read(() => readFileSync(`/proc/${pid}/environ`, "latin1"), "").includes(`${mark}=${token}`);

/** Undefined for a zombie too: it has ended, and only waits for its parent to look. */
function groupOf(pid: number): number | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "");
  // The command name before the state may hold anything, brackets and spaces included.
  const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? undefined : Number(group);
}

function describe(pid: number): string {
  const command = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(), "");
  const ports = portsOf(pid);
  return `process ${pid} (${command.slice(0, 120)})${ports.length > 0 ? ` listening on ${ports.join(", ")}` : ""}`;
}

function read<T>(get: () => T, otherwise: T): T {
  try {
    return get();
  } catch {
    return otherwise;
  }
}
