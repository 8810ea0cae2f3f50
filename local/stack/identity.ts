import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process that a file names: its number alone may belong to another one by now. */
export interface Identity {
  readonly pid: number;
  /** When it started, in whatever words the system has for it; the same process always gives the same text. */
  readonly started: string;
}

/** Undefined when there is no such process, or only its remains wait to be collected. */
export function identityOf(pid: number): Identity | undefined {
  const started = process.platform === "linux" ? startedOnLinux(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether this very process still runs. */
export const isAlive = (identity: Identity): boolean => identityOf(identity.pid)?.started === identity.started;

function startedOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; after it come the state and, as the 20th from there, the start in ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    // Ticks count from the boot: without its id, a process of the last boot could be taken for one of this.
    return `${bootId()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

function startedByPs(pid: number): string | undefined {
  try {
    const [state = "", ...started] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    })
      .trim()
      .split(/\s+/);
    return state === "" || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}

/** Processes that have `text` as one whole argument, such as the path of a data file that is theirs alone. Linux only, else none. */
export function processesWithArgument(text: string): Identity[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && hasArgument(name, text))
    .flatMap((name) => identityOf(Number(name)) ?? []);
}

function hasArgument(pid: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(text);
  } catch {
    return false;
  }
}
