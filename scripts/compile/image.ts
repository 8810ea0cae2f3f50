import { cpSync, lstatSync, lutimesSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { copyApp } from "./app.ts";
import { copyNative, type nativePlatforms } from "./native.ts";
import { compile } from "./output.ts";
import { copyPackages, tracePackages } from "./packages.ts";

// Called by the Dockerfile after `next build`: `node --import tsx scripts/compile/image.ts FOLDER` lays out what the image copies, one folder for
// each of its layers, those that change least often first:
//   packages/  node_modules that app and worker share    native/<arch>/  Temporal's native part    source/  the programs themselves

/** Time of every file of the layers that do not follow the source, as npm sets it: an unchanged layer keeps its digest from commit to commit. */
const packagesTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

async function layOut(root: string, out: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const [source, packages] = [join(out, "source"), join(out, "packages")];
  copyApp(root, join(source, "app"), join(packages, "app"));
  const compiled = await compile(root, join(source, "app/dist"));
  cpSync(join(source, "app/dist/package.json"), join(source, "app/package.json"));
  cpSync(join(root, "deploy/image"), join(source, "app/bin"), { recursive: true });
  copyPackages(root, await tracePackages(root, compiled.packages), join(packages, "app"));
  for (const platform of ["amd64", "arm64"] satisfies (keyof typeof nativePlatforms)[])
    copyNative(root, platform, join(out, "native", platform, "app"));

  setTimes(packages, packagesTime);
  setTimes(join(out, "native"), packagesTime);
  // Not a fixed time here: the validator of a static file's HTTP cache is made of its size and time.
  const epoch = Number(process.env.SOURCE_DATE_EPOCH);
  if (epoch > 0) setTimes(source, epoch);
}

function setTimes(path: string, seconds: number): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name), seconds);
  lutimesSync(path, seconds, seconds);
}

const out = process.argv[2];
if (out === undefined) {
  console.error("scripts/compile/image.ts FOLDER: name the folder to lay the image's files out in");
  process.exit(2);
}
await layOut(fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""), resolve(out));
