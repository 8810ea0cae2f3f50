import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, type ChildOptions, signalTo, startChild } from "xnovu/local/child.ts";

/*
 * A daemon of the engine runs in mount and process namespaces of its own. Its mounts are invisible outside, and when it
 * ends, in whatever way, the kernel ends its containers and takes the mounts back: nothing has to be tidied after a kill.
 * The network is the machine's own, so that mapped ports are reachable.
 */
const isolation: readonly string[] = [
  // Ends with the process that started it, also when that was killed.
  "setpriv",
  "--pdeathsig",
  "KILL",
  "unshare",
  "--mount",
  "--propagation",
  "slave",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/*
 * An empty /run hides the sockets of an engine that the machine may have, which dockerd would use by itself, and the
 * folders that containerd makes there. Name servers are often named in a file below /run, which is put back.
 * A container's network here needs no forwarding by the machine, which therefore stays as it is: dockerd would switch it
 * on for good, or warn at each start of a container, unless it reads that it is on.
 */
const prepare = `
set -e
servers=$(cat /etc/resolv.conf || true)
file=$(readlink -f /etc/resolv.conf || true)
mount -t tmpfs tmpfs /run
case "$file" in /run/*) mkdir -p "$(dirname "$file")"; printf '%s\\n' "$servers" > "$file";; esac
echo 1 > /run/forwarding
mount --bind /run/forwarding /proc/sys/net/ipv4/ip_forward
exec "$@"
`;

/** Starts a daemon in its namespaces. It dies with this process. Needs root, setpriv and unshare. */
export function startIsolated(options: ChildOptions): Promise<Child> {
  const [file = "", ...isolate] = isolation;
  const args = [...isolate, "sh", "-c", prepare, "sh", options.file, ...options.args];
  return startChild({ ...options, file, args });
}

/**
 * Ends the daemon and all that runs in its namespaces at once. Its own orderly way takes seconds, and saves only what is
 * thrown away here.
 */
export async function stopIsolated(child: Child): Promise<void> {
  // The daemon is its namespace's first process: the kernel ends the others with it, and unshare waits for it and ends.
  for (const pid of childrenOf(child.pid)) signalTo(pid, "SIGKILL");
  const limit = new AbortController();
  await Promise.race([child.exited, sleep(5_000, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
  await child.stop({ signal: "SIGKILL" });
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => parentOf(pid) === parent).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name before the state may hold anything, brackets and spaces included.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
