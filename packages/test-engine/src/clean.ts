import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "xnovu/core/errors.ts";
import type { Log } from "./command.ts";
import { claimedNetworks, type EngineNetwork, isAlive, releaseNetwork } from "./network.ts";

/** Names the network of the engine that a folder belongs to; a folder without it is nobody's to delete. */
export const markFile = "xnovu-engine";

/** Removes what is left of an engine whose processes have ended: network devices, control groups, its folder. */
export async function cleanEngine(dir: string, network: EngineNetwork): Promise<void> {
  await releaseNetwork(network);
  for (const group of controlGroups(network.name)) removeGroup(group);
  if (markOf(dir) === network.name) removeFolder(dir);
}

/** Folders on their way out. The name tells nothing of the engine: its own is free at once. */
const leaving = "xnovu-engine-removed-";

/**
 * A store of builds holds a hundred thousand files, which take minutes to remove on a slow disk: the folder is moved aside at once, and a process
 * that outlives this one removes it. What that one leaves when the machine goes down is removed by the next engine's start.
 */
function removeFolder(dir: string): void {
  const aside = join(tmpdir(), `${leaving}${randomUUID()}`);
  try {
    renameSync(dir, aside);
  } catch {
    // Another file system, or an open mount below it: here and now.
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    return;
  }
  removeLater(aside);
}

function removeLater(folder: string): void {
  // Of this process it keeps neither group nor environment: it is no leftover of a test that started the engine.
  const remover = spawn("rm", ["-rf", folder], {
    detached: true,
    stdio: "ignore",
    env: { NODE_ENV: "production", PATH: process.env.PATH },
  });
  remover.on("error", () => rmSync(folder, { recursive: true, force: true }));
  remover.unref();
}

function removeForgotten(): void {
  for (const name of readdirSync(tmpdir())) if (name.startsWith(leaving)) removeLater(join(tmpdir(), name));
}

/** Removes what engines left behind whose starter was killed. Their processes have died with it. */
export async function cleanDeadEngines(log: Log): Promise<void> {
  removeForgotten();
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
