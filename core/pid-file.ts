import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { identityOf, isAlive, type ProcessIdentity } from "./process-identity.ts";

/** Where a worker on `port` notes its process, and where the parent of a detached one does. */
export const workerPidFile = (stateDir: string, port: number): string => resolve(stateDir, `worker-${port}.json`);
export const parentPidFile = (stateDir: string, port: number): string =>
  resolve(stateDir, `worker-${port}.parent.json`);

/** Notes the calling process. False when the folder cannot be written to (a read-only container): then only HTTP tells about it. */
export function writePidFile(path: string): boolean {
  const identity = identityOf(process.pid);
  if (identity === undefined) return false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(identity));
    renameSync(`${path}.${process.pid}`, path);
    return true;
  } catch {
    return false;
  }
}

/** The process a pid file names, when that very process still runs. */
export function readPidFile(path: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path, "utf8")) as Partial<ProcessIdentity>;
    const identity = typeof pid === "number" && typeof startTime === "string" ? { pid, startTime } : undefined;
    return identity !== undefined && isAlive(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the note back, unless another process has written its own since. */
export function removePidFile(path: string): void {
  if (readPidFile(path)?.pid === process.pid) rmSync(path, { force: true });
}
