import { readlinkSync } from "node:fs";
import { XnovuError } from "../../core/errors.ts";
import { portInUse, whoHolds } from "../ports.ts";
import { type PortName, type Ports, portLabels, portsAt } from "./ports-and-paths.ts";

/** Ports of the stack are in use. The message names each with its holder. */
class PortsInUseError extends XnovuError {
  constructor(taken: readonly string[], offset: number) {
    super(`${taken.length === 1 ? "A port is" : `${taken.length} ports are`} in use:\n${taken.join("\n")}`, {
      hint: `Stop the process that holds ${taken.length === 1 ? "it" : "them"}, or move all ports of this stack: --port-offset ${offset + 100}`,
    });
  }
}

/** Called before anything starts. @throws PortsInUseError that names all ports in use. */
export async function checkPorts(ports: Ports, offset: number): Promise<void> {
  const taken = await takenPorts(ports);
  if (taken.length > 0)
    throw new PortsInUseError(
      taken.map((name) => describe(ports[name], portLabels[name])),
      offset,
    );
}

async function takenPorts(ports: Ports): Promise<PortName[]> {
  const names = Object.keys(ports).filter((name): name is PortName => name in portLabels);
  const used = await Promise.all(names.map((name) => portInUse(ports[name])));
  return names.filter((_, index) => used[index]);
}

function describe(port: number, label: string): string {
  const holder = whoHolds(port);
  const where = holder && folderOf(holder.pid);
  const by = holder ? `, held by ${holder.command} (process ${holder.pid}${where ? ` in ${where}` : ""})` : "";
  return `  ${port} for ${label}${by}`;
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** The first offset of `from`, `from + 100`, `from + 200` … whose ports are all free. */
export async function freeOffset(from = 0): Promise<number> {
  for (let offset = from; offset <= from + 5_000; offset += 100)
    if ((await takenPorts(portsAt(offset))).length === 0) return offset;
  throw new XnovuError("There is no offset whose ports are all free.", {
    hint: "Choose an offset: --port-offset 7000",
  });
}
