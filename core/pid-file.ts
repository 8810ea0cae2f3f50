import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { identityOf, isAlive, type ProcessIdentity } from "./process-identity.ts";

/** The pid file of the worker on `port`, and of the parent of a detached worker. */
export const workerPidFile = (stateDir: string, port: number): string => resolve(stateDir, `worker-${port}.json`);
export const parentPidFile = (stateDir: string, port: number): string =>
  resolve(stateDir, `worker-${port}.parent.json`);

/** Writes the pid file of this process. False when the folder is not writable (a read-only container); then only HTTP shows the worker. */
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

/** The process of a pid file; undefined if it no longer runs. */
export function readPidFile(path: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path, "utf8")) as Partial<ProcessIdentity>;
    const identity = typeof pid === "number" && typeof startTime === "string" ? { pid, startTime } : undefined;
    return identity !== undefined && isAlive(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the pid file, unless another process has replaced it. */
export function removePidFile(path: string): void {
  if (readPidFile(path)?.pid === process.pid) rmSync(path, { force: true });
}
