import { type Manifest, nameOf } from "./manifest.ts";

/**
 * What differs between the two ways of making the manifests, one line each, beginning with the object. The only difference that is meant:
 * kustomize starts pods anew for a changed setting by a new name of the ConfigMap, Helm by a checksum in the pods' annotations.
 */
export function disagreements(byKustomize: readonly Manifest[], byHelm: readonly Manifest[]): string[] {
  const [left, right] = [index(byKustomize), index(byHelm)];
  const lines: string[] = [];
  for (const [name, manifest] of left) {
    const other = right.get(name);
    if (other === undefined) lines.push(`${name}: only kustomize makes it`);
    else compare(name, manifest, other, lines);
  }
  for (const name of right.keys()) if (!left.has(name)) lines.push(`${name}: only Helm makes it`);
  return lines;
}

const index = (manifests: readonly Manifest[]): Map<string, unknown> =>
  new Map(manifests.map((manifest) => [nameOf(manifest).replace(generatedName, "$1"), normal(manifest)]));

const generatedName = /^(ConfigMap xnovu-settings|xnovu-settings)-[a-z0-9]{10}$/;

/** Without what is meant to differ; empty annotations are none. */
function normal(value: unknown): unknown {
  if (typeof value === "string") return value.replace(generatedName, "$1");
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== "checksum/settings")
    .map(([key, entry]) => [key, normal(entry)] as const)
    .filter(([key, entry]) => key !== "annotations" || Object.keys(Object(entry)).length > 0);
  return Object.fromEntries(entries);
}

function compare(path: string, left: unknown, right: unknown, lines: string[]): void {
  if (isTree(left) && isTree(right) && Array.isArray(left) === Array.isArray(right)) {
    const [a, b] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
    for (const key of new Set([...a.keys(), ...b.keys()])) compare(`${path} ${key}`, a.get(key), b.get(key), lines);
  } else if (left !== right) lines.push(`${path}: kustomize has ${shown(left)}, Helm ${shown(right)}`);
}

const isTree = (value: unknown): value is object => typeof value === "object" && value !== null;
const shown = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
