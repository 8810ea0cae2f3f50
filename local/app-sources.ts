import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** Everything that the app's build reads. */
const sources = [
  "app",
  "core",
  "novu",
  "outbox",
  "public",
  "next.config.ts",
  "package.json",
  "proxy.ts",
  "pnpm-lock.yaml",
  "tsconfig.json",
] as const;

/** A hash of names and contents of all files that the app's build reads, without tests. */
export function sourcesHash(root: string): string {
  const hash = createHash("sha256").update(`node ${process.versions.node}\0${process.env.XNOVU_BUILD_ID ?? ""}\0`);
  for (const path of sources.flatMap((name) => filesBelow(join(root, name)))) {
    const content = readFileSync(path);
    // The length separates the files, so that different sets of files give different streams.
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
    .filter((file) => !/\.test\.tsx?$/.test(file));
}
