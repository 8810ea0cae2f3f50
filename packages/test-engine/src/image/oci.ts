import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { startChild } from "xnovu/local/child.ts";
import { EngineError } from "../errors.ts";

/** An object of an OCI layout. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Layer {
  readonly blob: Descriptor;
  /** Digest of the layer before it is compressed. */
  readonly diffId: string;
}

/** What an image runs with, in the words of the OCI image specification. */
export interface ImageSettings {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
}

export type Architecture = "amd64" | "arm64";

const mediaType = (name: string): string => `application/vnd.oci.image.${name}`;
const blobPath = (layout: string, digest: string): string =>
  join(layout, "blobs/sha256", digest.replace("sha256:", ""));

/** Begins an OCI layout (github.com/opencontainers/image-spec, image-layout.md) in an existing folder. */
export function beginLayout(layout: string): void {
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
}

/** Adds a folder as a layer: names sorted, no times, so that equal files give an equal digest. */
export async function addLayer(layout: string, root: string): Promise<Layer> {
  const args = ["--sort=name", "--mtime=@0", "--numeric-owner", "--format=gnu", "-c", "-f", "-", "-C", root, "."];
  const temporary = join(layout, "layer.tar");
  const tar = await startChild({ name: "tar", file: "tar", args: args.map((arg) => (arg === "-" ? temporary : arg)) });
  const { code } = await tar.exited;
  if (code !== 0) throw new EngineError(`tar of ${root} failed: ${tar.tail()}`);
  const [plain, packed] = [createHash("sha256"), createHash("sha256")];
  const target = `${temporary}.gz`;
  await pipeline(createReadStream(temporary), through(plain), createGzip(), through(packed), createWriteStream(target));
  const digest = hex(packed);
  renameSync(target, blobPath(layout, digest));
  writeFileSync(temporary, "");
  const { size } = statSync(blobPath(layout, digest));
  return { blob: { mediaType: mediaType("layer.v1.tar+gzip"), digest, size }, diffId: hex(plain) };
}

const hex = (hash: Hash): string => `sha256:${hash.digest("hex")}`;

const through = (hash: Hash): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });

/** Adds an image made of layers. */
export function addImage(
  layout: string,
  architecture: Architecture,
  layers: readonly Layer[],
  settings: ImageSettings,
): Descriptor {
  const platform = { os: "linux", architecture };
  const config = addJson(layout, "config.v1+json", {
    ...platform,
    created: "1970-01-01T00:00:00Z",
    config: settings,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "xnovu base image" })),
  });
  const manifest = { config, layers: layers.map((layer) => layer.blob) };
  return { ...addJson(layout, "manifest.v1+json", manifest), platform };
}

/** Ends the layout: one index over its images, named `name` for those that pick by name. Returns the index's digest. */
export function endLayout(layout: string, images: readonly Descriptor[], name: string): string {
  const index = addJson(layout, "index.v1+json", { manifests: images });
  const annotations = { "org.opencontainers.image.ref.name": name };
  const top = { schemaVersion: 2, mediaType: mediaType("index.v1+json"), manifests: [{ ...index, annotations }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(top));
  return index.digest;
}

function addJson(layout: string, type: string, value: object): Descriptor {
  const full = type.startsWith("config") ? value : { schemaVersion: 2, mediaType: mediaType(type), ...value };
  const text = JSON.stringify(full);
  const digest = hex(createHash("sha256").update(text));
  writeFileSync(blobPath(layout, digest), text);
  return { mediaType: mediaType(type), digest, size: Buffer.byteLength(text) };
}
