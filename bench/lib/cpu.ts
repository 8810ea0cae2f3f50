import { readdirSync, readFileSync } from "node:fs";

// What /proc says, in ticks of 10 ms; absent on systems that have no /proc, where nothing is counted.
const msPerTick = 10;

interface Stat {
  readonly parent: number;
  /** Milliseconds on a processor: its own, and of children that ended and were waited for. */
  readonly ms: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold spaces and brackets: fields are counted behind the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ms: ticks * msPerTick };
  } catch {
    return undefined;
  }
}

/** Milliseconds that each named process and everything below it have spent on a processor so far. */
export function cpuOf(groups: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  const all = new Map<number, Stat>();
  for (const name of proc()) {
    const stat = statOf(Number(name));
    if (stat) all.set(Number(name), stat);
  }
  const below = (pid: number): number =>
    [...all].reduce((sum, [child, { parent }]) => (parent === pid ? sum + below(child) : sum), all.get(pid)?.ms ?? 0);
  return Object.fromEntries(
    Object.entries(groups).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + below(pid), 0)]),
  );
}

function proc(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Resident memory of a process in MiB; NaN where /proc is absent. */
export function rssMiB(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kb) / 1024;
  } catch {
    return Number.NaN;
  }
}
