import { parseAllDocuments } from "yaml";

/** An object of Kubernetes, parsed from YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

/** Every object in a YAML text, without empty documents. @throws Error that names the place and the line. */
export function parseManifests(text: string, place: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const error = document.errors[0];
    if (error) throw new Error(`${place}: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    if (!isManifest(value)) throw new Error(`${place}: an object without apiVersion, kind or metadata.name`);
    return [value];
  });
}

const isManifest = (value: unknown): value is Manifest =>
  typeof at(value, "apiVersion") === "string" &&
  typeof at(value, "kind") === "string" &&
  typeof at(value, "metadata", "name") === "string";

/** The value at a path in parsed YAML; undefined if the path does not exist. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Object.entries(here).find(([key]) => key === String(step))?.[1];
  }
  return here;
}

/** The list at a path; empty if there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

export const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

export const find = (manifests: readonly Manifest[], kind: string, name: string): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

/** The pod template of a Deployment or Job. */
export const podOf = (manifest: Manifest): unknown => at(manifest, "spec", "template", "spec");

/** Deployments and Jobs: everything with a pod template. */
export const podMakers = (manifests: readonly Manifest[]): Manifest[] =>
  manifests.filter((manifest) => podOf(manifest) !== undefined);
