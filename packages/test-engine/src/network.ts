import { readFileSync } from "node:fs";
import { output } from "./command.ts";
import { EngineError } from "./errors.ts";

/** The part of the machine's network that belongs to one engine. Its number is unique on the machine. */
export interface EngineNetwork {
  /** Name of its bridge, and of its control group. */
  readonly name: string;
  /** The machine's own address on it: containers reach servers of the machine there. */
  readonly gateway: string;
  /** Where the networks that people create get their addresses from. */
  readonly pool: string;
}

/** The n-th engine's network. Private ranges that neither Docker's defaults nor usual home and office networks use. */
const networkOf = (n: number): EngineNetwork => ({
  name: `xnovu${n}`,
  gateway: `10.213.${n}.1`,
  pool: `10.214.${n}.0/24`,
});

/** Who made a bridge, kept in its alias so that a later engine can tell a living one from a leftover. */
export interface Owner {
  readonly pid: number;
  /** Clock ticks since boot: tells a process from a later one of the same number. */
  readonly started: string;
  /** The engine's folder. */
  readonly dir: string;
}

const ip = (args: readonly string[]): Promise<string> => output("ip", args);

/** Takes the first free network and brings its bridge up. @throws EngineError when the kernel makes no bridge. */
export async function claimNetwork(dir: string): Promise<EngineNetwork> {
  const addresses = await ip(["-o", "-4", "addr", "show"]);
  for (let n = 0; n < 256; n++) {
    const network = networkOf(n);
    if (addresses.includes(` 10.213.${n}.`) || addresses.includes(` 10.214.${n}.`)) continue;
    if (await addBridge(network, dir)) return network;
  }
  throw new EngineError("All 256 networks for engines are taken", {
    hint: "Look at `ip link` for bridges xnovu0 to xnovu255.",
  });
}

/** Making the bridge is the claim: of two at once, the kernel lets one. */
async function addBridge({ name, gateway }: EngineNetwork, dir: string): Promise<boolean> {
  try {
    await ip(["link", "add", "name", name, "type", "bridge"]);
  } catch (error) {
    if (error instanceof EngineError && error.message.includes("File exists")) return false;
    throw error;
  }
  await ip(["link", "set", "dev", name, "alias", `${process.pid} ${startedAt(process.pid)} ${dir}`]);
  await ip(["addr", "add", `${gateway}/24`, "dev", name]);
  await ip(["link", "set", "dev", name, "up"]);
  return true;
}

/** Removes the bridge, and those of networks that were created in the engine. */
export async function releaseNetwork({ name, pool }: EngineNetwork): Promise<void> {
  const prefix = pool.replace(/0\/24$/, "");
  const lines = (await ip(["-o", "-4", "addr", "show"])).split("\n");
  const created = lines.filter((line) => line.includes(` inet ${prefix}`)).map((line) => line.split(/\s+/)[1] ?? "");
  for (const device of [...created.filter((device) => device.startsWith("br-")), name])
    await ip(["link", "del", device]).catch((error: unknown) => {
      if (!(error instanceof EngineError && error.message.includes("Cannot find device"))) throw error;
    });
}

/** Each network that an engine holds or has left behind. Those that are just being made have no owner yet and are left out. */
export async function claimedNetworks(): Promise<{ readonly network: EngineNetwork; readonly owner: Owner }[]> {
  const names = (await ip(["-o", "link", "show", "type", "bridge"])).match(/(?<=: )xnovu\d+(?=:)/g) ?? [];
  return names.flatMap((name) => {
    const owner = ownerOf(name);
    return owner ? [{ network: networkOf(Number(name.slice(5))), owner }] : [];
  });
}

function ownerOf(bridge: string): Owner | undefined {
  const [, pid, started, dir] = /^(\d+) (\d+) (.+)\n$/.exec(read(`/sys/class/net/${bridge}/ifalias`)) ?? [];
  return pid && started && dir ? { pid: Number(pid), started, dir } : undefined;
}

/** Whether the process that made it still lives. */
export const isAlive = ({ pid, started }: Owner): boolean => startedAt(pid) === started;

function startedAt(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // Field 22 of proc(5); the second one may hold spaces and brackets, and ends with the last bracket.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
