import { existsSync, readFileSync } from "node:fs";
import { output } from "./command.ts";
import { onPath } from "./tool-find.ts";

/** Why this machine cannot run an engine, whatever is installed; undefined when nothing speaks against it. */
export async function hostProblem(): Promise<string | undefined> {
  if (process.platform !== "linux") return `it runs ${process.platform}, and the engine's daemons run on Linux`;
  if (process.getuid?.() !== 0) return "this process is not root, which dockerd needs to be";
  for (const program of ["unshare", "setpriv"])
    if (!onPath(program)) return `it has no ${program} (package util-linux)`;
  if (!/\boverlay\b/.test(readFileSync("/proc/filesystems", "utf8"))) return "its kernel has no overlay file system";
  if (!existsSync("/sys/fs/cgroup")) return "no control groups are mounted at /sys/fs/cgroup";
  return namespaceProblem();
}

/** Root of a container has the name but not the rights. */
async function namespaceProblem(): Promise<string | undefined> {
  try {
    await output("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "tmpfs", "/run"]);
    return undefined;
  } catch {
    return "this root may not make namespaces and mounts (a container without --privileged)";
  }
}
