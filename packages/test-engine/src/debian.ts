import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillOnce, platformName } from "xnovu/local/cache.ts";
import { withLock } from "xnovu/local/lock.ts";
import { type Log, output, runLong } from "./command.ts";
import { EngineError } from "./errors.ts";
import { onPath } from "./tool-find.ts";

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Installs Debian packages when this process may, for parts that need their place in the system.
 *
 * @throws EngineError that says what to install.
 */
export async function aptInstall(
  packages: readonly string[],
  why: string,
  log: Log,
  elsewhere = "Install Docker Engine: https://docs.docker.com/engine/install",
): Promise<void> {
  const names = packages.join(" ");
  if (!isRoot() || !onPath("apt-get"))
    throw new EngineError(`${why} is not installed`, {
      hint: onPath("apt-get") ? `Install it: sudo apt-get install ${names}` : elsewhere,
    });
  log(`${why} is not installed: installing Debian's ${names}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (args: readonly string[]) =>
    runLong({ name: "apt-get", file: "apt-get", args, env, what: `apt-get ${args[0]}`, log });
  // Someone else's apt may be at work: wait for it.
  const install = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages];
  await apt(install).catch(async () => {
    await apt(["update"]);
    await apt(install);
  });
}

/**
 * Unpacks a Debian package into the cache and returns the folder; nothing is installed in the system, no root is needed.
 *
 * @throws EngineError that says what to install.
 */
export async function unpackedPackage(name: string, log: Log, cacheDir = cacheFolder()): Promise<string> {
  const folder = join(cacheDir, `debian-${name}-${platformName}`);
  if (existsSync(folder)) return folder;
  if (!onPath("apt-get"))
    throw new EngineError(`${name} is not installed`, { hint: `Install the package that holds ${name}.` });
  await withLock(
    `${folder}.lock`,
    () => log(`${name}: waiting for another download of it`),
    async () => {
      if (existsSync(folder)) return;
      log(`${name}: taking it from Debian's package`);
      await fillOnce(folder, (temporary) => unpack(name, temporary, log));
    },
  );
  return folder;
}

async function unpack(name: string, folder: string, log: Log): Promise<void> {
  const download = () => output("apt-get", ["download", name], { cwd: folder });
  await download().catch(async (error: unknown) => {
    if (!isRoot()) throw error;
    await runLong({ name: "apt-get", file: "apt-get", args: ["update"], what: "apt-get update", log });
    await download();
  });
  const archive = readdirSync(folder).find((file) => file.endsWith(".deb"));
  if (!archive) throw new EngineError(`apt-get download ${name} gave no package`);
  await output("dpkg-deb", ["-x", archive, "."], { cwd: folder });
  rmSync(join(folder, archive));
}
