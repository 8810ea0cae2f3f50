import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, fillOnce } from "xnovu/local/cache.ts";
import { withLock } from "xnovu/local/lock.ts";
import { type Log, output } from "../command.ts";
import type { EngineAddress } from "../engine.ts";
import { addNodeUser, nodeFiles, nodeVersion } from "./node.ts";
import {
  type Architecture,
  addImage,
  addLayer,
  beginLayout,
  type Descriptor,
  endLayout,
  type ImageSettings,
  type Layer,
} from "./oci.ts";
import { foreignRootfs, nativeRootfs } from "./rootfs.ts";

// Part of the cached name: raise it when what is built here changes.
const edition = 2;

export const nativeArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "amd64";
export const nodeSettings: ImageSettings = {
  Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", `NODE_VERSION=${nodeVersion}`],
  Entrypoint: ["docker-entrypoint.sh"],
  Cmd: ["node"],
};

export interface BaseImage {
  /** 127.0.0.1:PORT/base/node:24-bookworm-slim, an index of linux/amd64 and linux/arm64 in the engine's registry. */
  readonly reference: string;
  /** oci-layout://FOLDER:latest, the same as a named context of a build. bake wants `--allow=fs.read=FOLDER` for it. */
  readonly context: string;
  readonly digest: string;
}

/**
 * A slim glibc base with Node 24 that stands in for `node:24-bookworm-slim` where no public image can be pulled.
 * Made once from Debian's and npm's packages (about two minutes), then cached; pushed to the engine's registry (a second).
 *
 * @throws EngineError with the last words of the step that failed.
 */
export async function baseImage({ engine, log }: { engine: EngineAddress; log: Log }): Promise<BaseImage> {
  const layout = await baseLayout(log);
  const reference = `${engine.registry.host}/base/node:24-bookworm-slim`;
  const digest = await pushLayout(layout, reference, engine);
  return { reference, context: `oci-layout://${layout}:latest`, digest };
}

/** Pushes the image or index of a layout. Returns its digest. */
export async function pushLayout(layout: string, reference: string, engine: EngineAddress): Promise<string> {
  const env = { ...process.env, ...engine.env };
  await output("crane", ["push", layout, reference], { env });
  return (await output("crane", ["digest", reference], { env })).trim();
}

/** The folder of the cached OCI layout, made when it is not there. Needs root, but no engine. */
export async function baseLayout(log: Log, cacheDir = cacheFolder()): Promise<string> {
  const folder = join(cacheDir, `base-node-${nodeVersion}-${edition}-${nativeArchitecture}`);
  const waiting = () => log("base image: waiting for another build of it");
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return;
    log("base image: making it from Debian's and npm's packages; this takes some minutes, once");
    await fillOnce(folder, (temporary) => build(temporary, log));
    log("base image: made");
  });
  return folder;
}

async function build(layout: string, log: Log): Promise<void> {
  beginLayout(layout);
  const work = join(layout, "work");
  mkdirSync(work);
  const foreign = nativeArchitecture === "amd64" ? "arm64" : "amd64";
  const roots = { amd64: join(work, "amd64"), arm64: join(work, "arm64") };
  await nativeRootfs(roots[nativeArchitecture], log);
  await foreignRootfs(roots[foreign], roots[nativeArchitecture], foreign, log);
  const images: Descriptor[] = [];
  for (const architecture of ["amd64", "arm64"] as const) {
    log(`base image: packing ${architecture}`);
    const layers = await pack(layout, roots[architecture], architecture);
    images.push(addImage(layout, architecture, layers, nodeSettings));
  }
  endLayout(layout, images, "latest");
  for (const name of ["work", "layer.tar"]) rmSync(join(layout, name), { recursive: true });
}

async function pack(layout: string, root: string, architecture: Architecture): Promise<Layer[]> {
  addNodeUser(root);
  chownSync(join(root, "home/node"), 1000, 1000);
  const node = `${root}-node`;
  await nodeFiles(node, architecture);
  return [await addLayer(layout, root), await addLayer(layout, node)];
}

/** The layers of the base image for this machine, of which `layout` holds a copy: for images that add their own. */
export function nativeLayers(layout: string): Layer[] {
  const read = <T>(descriptor: { digest: string } | undefined): T =>
    // The layout was written by oci.ts, whose shapes these are.
    JSON.parse(
      readFileSync(join(layout, "blobs/sha256", descriptor?.digest.replace("sha256:", "") ?? ""), "utf8"),
    ) as T;
  type Index = { readonly manifests: readonly Descriptor[] };
  const top: Index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const images = read<Index>(top.manifests[0]).manifests;
  const image = images.find((descriptor) => descriptor.platform?.architecture === nativeArchitecture);
  const { config, layers } = read<{ config: Descriptor; layers: readonly Descriptor[] }>(image);
  const { rootfs } = read<{ rootfs: { diff_ids: readonly string[] } }>(config);
  return layers.map((blob, i) => ({ blob, diffId: rootfs.diff_ids[i] ?? "" }));
}
