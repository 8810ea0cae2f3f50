import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The folder for downloaded and built programs, outside the repository and shared by all checkouts of this user. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "xnovu");
}

/** `linux-x64`, `darwin-arm64`. Part of every cached name, because machines may share a home folder. */
export const platformName = `${process.platform}-${process.arch}`;

/**
 * Fills a temporary folder and renames it to `folder`, so that no process sees an incomplete folder. When another process was first, its result
 * stays and this one is discarded.
 */
export async function fillOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(temporary);
  const clean = () => rmSync(temporary, { recursive: true, force: true });
  // For a process that exits at once, for example on a second Ctrl-C.
  process.once("exit", clean);
  try {
    await fill(temporary);
    renameSync(temporary, folder);
  } catch (error) {
    if (!isTaken(error)) throw error;
  } finally {
    process.off("exit", clean);
    clean();
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST");
