// Renders deploy/kubernetes/base and components from the chart. Needs Helm or Go; the first run builds Helm into the cache folder.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checksumFile, checksums, renderedPaths } from "./kubernetes/checksums.ts";
import { kubernetesFiles } from "./kubernetes/generate.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = await kubernetesFiles(root, (line) => console.error(line));
for (const path of renderedPaths(root)) if (!files.has(path)) rmSync(join(root, path));
for (const [path, text] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
writeFileSync(join(root, checksumFile), checksums(root));
