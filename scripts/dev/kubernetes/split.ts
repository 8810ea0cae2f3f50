import { type Manifest, parseManifests } from "../deploy-check/manifest.ts";

/** An object that Helm rendered. */
export interface Rendered {
  /** File name of the chart's template. */
  readonly template: string;
  /** YAML with the chart's comments. */
  readonly text: string;
  readonly manifest: Manifest;
}

/** Splits what `helm template` prints. @throws Error for YAML that cannot be parsed. */
export function split(output: string): Rendered[] {
  const pieces = output.split(/^---\n# Source: \S+\/templates\/(\S+)\n/m).slice(1);
  return pieces.flatMap((template, index) => {
    if (index % 2 === 1) return [];
    const text = withoutHelm(pieces[index + 1] ?? "");
    return parseManifests(text, template).map((manifest) => ({ template, text, manifest }));
  });
}

// An overlay sets the namespace. Kustomize restarts pods for a changed setting by a new name of the ConfigMap, not by an annotation.
// Blank lines come from the chart's includes.
const withoutHelm = (text: string): string =>
  text
    .replace(/^ {2}namespace: .*\n/m, "")
    .replace(/^ +annotations:\n +checksum\/settings: .*\n/m, "")
    .replace(/\n{2,}/g, "\n");
