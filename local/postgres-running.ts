import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../core/time.ts";
import { signalTo } from "./child.ts";
import { type DataFiles, dataFiles } from "./postgres-data.ts";
import { homeFor, serverAccount } from "./postgres-user.ts";

/** Stops the server that an earlier run left behind on a data folder. False when none runs. */
export async function stopPostgresOf(dataDir: string): Promise<boolean> {
  const pid = livePostmaster(dataFiles(homeFor(dataDir, serverAccount())));
  if (!pid) return false;
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signalTo(pid, signal);
    for (let waited = 0; waited < 5_000; waited += 50) {
      if (!signalTo(pid, 0)) return true;
      await sleep(50);
    }
  }
  return true;
}

/** The pid of the server on this data folder. Another process with a reused pid does not count. */
export function livePostmaster(files: DataFiles): number | undefined {
  const pid = pidInFile(files);
  return pid && commandLine(pid).includes(files.data) ? pid : undefined;
}

/**
 * Removes a pid file whose pid now belongs to another process, as after a container's restart: Postgres would refuse to start. Postgres itself removes
 * the pid file of a dead server.
 */
export function removeForeignPidFile(files: DataFiles): void {
  const pid = pidInFile(files);
  if (pid && signalTo(pid, 0) && !livePostmaster(files)) rmSync(join(files.data, "postmaster.pid"));
}

function pidInFile({ data }: DataFiles): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(data, "postmaster.pid"), "utf8"), 10) || undefined;
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    // Small Linux systems have no ps, macOS has no /proc.
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}
