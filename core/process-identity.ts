import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Identifies one process. A pid is not enough: the system may reuse it for another program. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as an opaque text that never changes for the same process. */
  readonly startTime: string;
}

/** Undefined when there is no such process, or only a zombie. */
export const identityOf = (pid: number): ProcessIdentity | undefined => {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
};

/** Whether that very process still runs. */
export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean => startTimeOf(pid) === startTime;

export const startTimeOf = (pid: number): string | undefined =>
  process.platform === "linux" ? fromProc(pid) : fromPs(pid);

function fromProc(pid: number): string | undefined {
  try {
    // Field 22 of /proc/<pid>/stat, counted after the command name, which may hold spaces and brackets. See proc(5).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    // It counts from the boot. Without the boot's id, a process of an earlier boot could look like a current one.
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): string | undefined {
  try {
    const output = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, LC_ALL: "C" },
    });
    const [state = "", ...started] = output.trim().split(/\s+/);
    return state === "" || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}
