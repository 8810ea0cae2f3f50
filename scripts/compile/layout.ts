import { cpSync, lstatSync, lutimesSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyApp } from "./app.ts";
import { copyNative, type Platform, platforms } from "./native.ts";
import { compile } from "./output.ts";
import { copyPackages, tracePackages } from "./packages.ts";

/** File time in layers that do not depend on the sources, the time that npm uses: an unchanged layer keeps its digest across commits. */
const packagesTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** Folders that the image copies to its root, one layer each, the least often changed first. */
export interface Layers {
  /** node_modules shared by app and worker. */
  readonly packages: string;
  /** Temporal's native library. */
  readonly native: (platform: Platform) => string;
  /** The compiled programs. */
  readonly source: string;
}

export const layersIn = (out: string): Layers => ({
  packages: join(out, "packages"),
  native: (platform) => join(out, "native", platform),
  source: join(out, "source"),
});

/**
 * Lays out the image's files below `out`, which is emptied first. Needs a finished `next build`.
 * `epoch`: time of the source layer's files in seconds since 1970. When absent, they keep the time of their creation.
 */
export async function layOutImage(root: string, out: string, epoch?: number): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const layers = layersIn(out);
  copyApp(root, join(layers.source, "app"), join(layers.packages, "app"));
  await layOutProgram(root, layers);
  for (const platform of platforms) {
    copyNative(root, platform, join(layers.native(platform), "app"));
    setTimes(layers.native(platform), packagesTime);
  }
  setTimes(layers.packages, packagesTime);
  // Not a fixed time: size and time of a static file make its HTTP cache validator.
  if (epoch !== undefined) setTimes(layers.source, epoch);
}

/** The worker and the command line with their packages: the image without the app and the native library. */
export async function layOutProgram(root: string, { source, packages }: Layers): Promise<void> {
  const compiled = await compile(root, join(source, "app/dist"));
  cpSync(join(source, "app/dist/package.json"), join(source, "app/package.json"));
  cpSync(join(root, "deploy/image"), join(source, "app/bin"), { recursive: true });
  copyPackages(root, await tracePackages(root, compiled.packages), join(packages, "app"));
}

function setTimes(path: string, seconds: number): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name), seconds);
  lutimesSync(path, seconds, seconds);
}
