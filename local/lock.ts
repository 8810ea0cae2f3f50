import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { sleep } from "../core/time.ts";

// The holder touches its file every touchMs. A file untouched for staleMs belongs to a process that died.
const touchMs = 2_000;
const staleMs = 15_000;

/** Runs `work` while holding a lock file. Calls `waiting` once when another process holds it. */
export async function withLock<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let first = true; !take(path); first = false) {
    if (first) waiting();
    removeStale(path);
    await sleep(200);
  }
  const touching = setInterval(() => touch(path), touchMs);
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    process.off("exit", release);
    release();
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** With the rename only one waiter wins. The others find no file or a new one. */
function removeStale(path: string): void {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age < staleMs) return;
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch {
    // Another waiter was first.
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Another process removed it as stale after this machine was suspended. The work continues; its result is put in place by a rename.
  }
}
