import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The folder for downloaded and built binaries: outside the repository, shared by every checkout of this user. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "xnovu");
}

/** `linux-x64`, `darwin-arm64`: part of every cached name, as a home folder may be shared between machines. */
export const platformName = `${process.platform}-${process.arch}`;

/**
 * Fills `folder` through a sibling with a temporary name and one rename, so that nobody ever sees half of it.
 * When another process was first its result stays, and this one's work is thrown away.
 */
export async function fillOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(temporary);
  const clean = () => rmSync(temporary, { recursive: true, force: true });
  // For a process that leaves at once, such as on a second Ctrl-C.
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
