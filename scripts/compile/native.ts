import { copyFileSync, mkdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** The image's platforms by Docker's names, with Temporal's names. Temporal's package has no musl build. */
const triples = { amd64: "x86_64-unknown-linux-gnu", arm64: "aarch64-unknown-linux-gnu" } as const;
export type Platform = keyof typeof triples;
export const platforms: readonly Platform[] = ["amd64", "arm64"];

/** Path of Temporal's native library for a platform, relative to `root`, with links resolved. */
function nativePath(root: string, platform: Platform): string {
  const worker = createRequire(join(root, "package.json")).resolve("@temporalio/worker");
  const bridge = createRequire(worker).resolve("@temporalio/core-bridge");
  const folder = bridge.slice(0, bridge.lastIndexOf("core-bridge") + "core-bridge".length);
  return join(relative(realpathSync(root), folder), "releases", triples[platform], "index.node");
}

/** Copies the native library of `platform` to where the packages below `to` look for it. */
export function copyNative(root: string, platform: Platform, to: string): void {
  const path = nativePath(root, platform);
  mkdirSync(dirname(join(to, path)), { recursive: true });
  copyFileSync(join(root, path), join(to, path));
}
