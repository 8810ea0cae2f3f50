import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillOnce } from "xnovu/local/cache.ts";
import { withLock } from "xnovu/local/lock.ts";
import type { Log } from "../command.ts";
import { unpackedPackage } from "../debian.ts";
import type { EngineAddress } from "../engine.ts";
import { baseLayout, nativeArchitecture, nativeLayers, nodeSettings, pushLayout } from "./base.ts";
import { addImage, addLayer, endLayout } from "./oci.ts";

// Part of the cached name: raise it when what is built here changes.
const edition = 1;
/** HAProxy of Debian bookworm, and those of its libraries that the base image has not. */
const packages = ["haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1", "libpcre2-8-0"];

/**
 * Pushes an image with HAProxy to the engine's registry, where `haproxy` cannot be pulled: the base image with Debian's package. Returns its
 * reference. Made once, then cached.
 *
 * @throws EngineError with the last words of the step that failed.
 */
export async function haproxyImage({ engine, log }: { engine: EngineAddress; log: Log }): Promise<string> {
  const reference = `${engine.registry.host}/base/haproxy:bookworm`;
  await pushLayout(await haproxyLayout(log), reference, engine);
  return reference;
}

/** The folder of the cached OCI layout, made when it is not there. Needs no engine. */
export async function haproxyLayout(log: Log, cacheDir = cacheFolder()): Promise<string> {
  const base = await baseLayout(log, cacheDir);
  const folder = join(cacheDir, `haproxy-bookworm-${edition}-${nativeArchitecture}`);
  await withLock(
    `${folder}.lock`,
    () => log("HAProxy image: waiting for another build of it"),
    async () => {
      if (existsSync(folder)) return;
      log("HAProxy image: making it from Debian's package");
      await fillOnce(folder, (temporary) => build(base, temporary, log, cacheDir));
    },
  );
  return folder;
}

async function build(base: string, layout: string, log: Log, cacheDir: string): Promise<void> {
  cpSync(base, layout, { recursive: true });
  const root = join(layout, "work");
  mkdirSync(root);
  for (const name of packages) {
    const unpacked = await unpackedPackage(name, log, cacheDir);
    // Only this folder: /lib and /sbin are links into it in the base image, which a folder of theirs would replace.
    cpSync(join(unpacked, "usr"), join(root, "usr"), { recursive: true, verbatimSymlinks: true });
  }
  const layers = [...nativeLayers(layout), await addLayer(layout, root)];
  endLayout(layout, [addImage(layout, nativeArchitecture, layers, { Env: nodeSettings.Env ?? [] })], "latest");
  for (const name of ["work", "layer.tar"]) rmSync(join(layout, name), { recursive: true });
}
