import { readdirSync, readFileSync } from "node:fs";
import { identityOf, type ProcessIdentity } from "../../core/process-identity.ts";

/** Processes with `text` as one whole argument, such as the path of a data file that only they use. Empty except on Linux. */
export function processesWithArgument(text: string): ProcessIdentity[] {
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
