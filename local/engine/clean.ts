import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "./command.ts";
import { claimedNetworks, type EngineNetwork, isAlive, releaseNetwork } from "./network.ts";

/** Names the network of the engine that a folder belongs to; a folder without it is nobody's to delete. */
export const markFile = "xnovu-engine";

/** Removes what is left of an engine whose processes have ended: network devices, control groups, its folder. */
export async function cleanEngine(dir: string, network: EngineNetwork): Promise<void> {
  await releaseNetwork(network);
  for (const group of controlGroups(network.name)) removeGroup(group);
  if (markOf(dir) === network.name) rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Removes what engines left behind whose starter was killed. Their processes have died with it. */
export async function cleanDeadEngines(log: Log): Promise<void> {
  for (const { network, owner } of await claimedNetworks()) {
    if (isAlive(owner)) continue;
    log(`removing what an engine left behind whose process ${owner.pid} was killed: ${owner.dir}`);
    await cleanEngine(owner.dir, network).catch((error: unknown) => log(messageOf(error)));
  }
}

function markOf(dir: string): string {
  const path = join(dir, markFile);
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

/** Below each controller's hierarchy (version 1), or in the only one (version 2). */
function controlGroups(name: string): string[] {
  const root = "/sys/fs/cgroup";
  const folders = existsSync(root)
    ? readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return [root, ...folders.map((folder) => join(root, folder.name))]
    .map((folder) => join(folder, name))
    .filter((folder) => existsSync(folder));
}

/** A control group is removed from its leaves up; the files in it are the kernel's. */
function removeGroup(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  try {
    rmdirSync(folder);
  } catch {
    // Its last process is just ending. Empty groups cost nothing, and the next engine of this number takes it over.
  }
}
