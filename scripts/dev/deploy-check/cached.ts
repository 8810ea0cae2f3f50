import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Log, runLong } from "@xnovu/test-engine/command";
import { cacheFolder, fillOnce } from "../../../local/cache.ts";
import { withLock } from "../../../local/lock.ts";

/** A folder of the cache, filled once even if several processes request it at the same time. */
export async function cached(name: string, log: Log, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  const waiting = () => log(`${name}: waiting for another process that downloads it`);
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return;
    log(`${name}: downloading it, once`);
    await fillOnce(folder, fill);
  });
  return folder;
}

/**
 * Installs a Python package, `name==version`, into a folder, for PYTHONPATH. Changes no Python installation.
 *
 * @throws EngineError with pip's message.
 */
export async function pipInstall(what: string, folder: string, log: Log, more: readonly string[] = []): Promise<void> {
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", "--root-user-action=ignore"];
  const args = ["-m", "pip", "install", ...quiet, ...more, "--target", folder, what];
  await runLong({ name: "pip", file: "python3", args, what, log });
}

/** Installs packages, each `name@version`, into node_modules of a folder. @throws EngineError with npm's message. */
export async function npmInstall(folder: string, packages: readonly string[], log: Log): Promise<void> {
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  await runLong({ name: "npm", file: "npm", args: [...args, ...packages], what: packages.join(" "), log });
}
