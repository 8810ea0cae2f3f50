import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** SHA-256 of every file that goes into the rendering or comes out of it, in the format of `sha256sum --check`. */
export const checksumFile = "deploy/kubernetes/generated.sha256";

// Chart.yaml is missing on purpose: its versions do not appear in what is rendered, and a release changes them.
const inputs = ["deploy/helm/xnovu/templates", "deploy/helm/xnovu/values.yaml", "deploy/helm/values/kustomize.yaml"];
const outputs = ["deploy/kubernetes/base", "deploy/kubernetes/components"];

/** The checksums of the files as they are now. */
export const checksums = (root: string): string =>
  [...currentSums(root)].map(([path, sum]) => `${sum}  ${path}\n`).join("");

/** Files that changed since deploy/kubernetes was rendered. Needs no Helm. One line each. */
export function staleErrors(root: string): string[] {
  const file = join(root, checksumFile);
  if (!existsSync(file)) return [`${checksumFile} is missing: ${remedy}`];
  const recorded = new Map(
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
  const current = currentSums(root);
  return [...new Set([...recorded.keys(), ...current.keys()])]
    .filter((path) => recorded.get(path) !== current.get(path))
    .map((path) =>
      path.startsWith("deploy/helm/")
        ? `${path} changed after deploy/kubernetes was rendered from it: ${remedy}`
        : `${path} is generated and was changed by hand: change the chart, then ${remedy}`,
    );
}

const remedy = "run `node --import tsx scripts/dev/update-kubernetes.ts`";

function currentSums(root: string): Map<string, string> {
  const paths = [...inputs, ...outputs].flatMap((path) => (path.endsWith(".yaml") ? [path] : filesBelow(root, path)));
  return new Map(
    paths.sort().map((path) => [
      path,
      createHash("sha256")
        .update(readFileSync(join(root, path)))
        .digest("hex"),
    ]),
  );
}

/** Paths relative to the project, with forward slashes. */
const filesBelow = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));

/** The files that the rendering replaces. */
export const renderedPaths = (root: string): string[] => outputs.flatMap((folder) => filesBelow(root, folder));
