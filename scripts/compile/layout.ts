import { cpSync, lstatSync, lutimesSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyApp } from "./app.ts";
import { copyNative, type Platform, platforms } from "./native.ts";
import { compile } from "./output.ts";
import { copyPackages, tracePackages } from "./packages.ts";

/** Time of every file of the layers that do not follow the source, as npm sets it: an unchanged layer keeps its digest from commit to commit. */
const packagesTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** Folders that the image copies to its root, one a layer, those that change least often first. */
export interface Layers {
  /** node_modules that app and worker share. */
  readonly packages: string;
  /** Temporal's native part. */
  readonly native: (platform: Platform) => string;
  /** The programs themselves. */
  readonly source: string;
}

export const layersIn = (out: string): Layers => ({
  packages: join(out, "packages"),
  native: (platform) => join(out, "native", platform),
  source: join(out, "source"),
});

/**
 * Lays out all that the image holds below `out`, which is emptied first; `next build` has run.
 * `epoch`: time of the source layer's files, seconds since 1970; that of their making when absent.
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
  // Not a fixed time here: the validator of a static file's HTTP cache is made of its size and time.
  if (epoch !== undefined) setTimes(layers.source, epoch);
}

/** The worker and the command line with their packages: the image without the app and the native part. */
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
