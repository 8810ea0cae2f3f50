import type { Log } from "@xnovu/test-engine/command";
import { stringify } from "yaml";
import { at, type Manifest, nameOf } from "../deploy-check/manifest.ts";
import { chartText } from "../deploy-check/render.ts";
import { jsonPatch } from "./json-patch.ts";
import { type Part, parts } from "./parts.ts";
import { type Rendered, split } from "./split.ts";

/** The values file that every part is rendered with; deploy/helm/values has it. */
const valuesName = "kustomize";

/** deploy/kubernetes/base and components as the chart renders them: path relative to the project, and text. @throws EngineError with Helm's message. */
export async function kubernetesFiles(root: string, log: Log): Promise<ReadonlyMap<string, string>> {
  const render = async (set: readonly string[]): Promise<Rendered[]> =>
    split(await chartText(root, valuesName, log, set.length === 0 ? [] : ["--set", set.join(",")]));
  const files = new Map<string, string>();
  for (const part of parts) {
    const before = part.onTopOf ? await render(part.onTopOf) : [];
    for (const [name, text] of partFiles(part, before, await render(part.set)))
      files.set(`deploy/kubernetes/${part.folder}/${name}`, text);
  }
  return files;
}

const command = "node --import tsx scripts/dev/update-kubernetes.ts";
const header = (from: string): string =>
  `# Generated from deploy/helm/xnovu${from}. Do not edit: change the chart and run \`${command}\`.\n`;

function partFiles(part: Part, before: readonly Rendered[], after: readonly Rendered[]): Map<string, string> {
  const old = new Map(before.map(({ manifest }) => [nameOf(manifest), manifest]));
  const isMap = ({ manifest }: Rendered) => manifest.kind === "ConfigMap";
  const added = after.filter(({ manifest }) => !old.has(nameOf(manifest)));
  const files = resourceFiles(added.filter((object) => !isMap(object)));
  const kustomization = {
    ...(part.onTopOf
      ? { apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component" }
      : { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" }),
    resources: [...files.keys()].sort(),
    ...listed(
      "configMapGenerator",
      added.filter(isMap).map(({ manifest }) => generatorOf(manifest)),
    ),
    ...listed(
      "patches",
      after.flatMap(({ manifest }) => patchOf(old.get(nameOf(manifest)), manifest)),
    ),
  };
  return files.set("kustomization.yaml", `${header("")}# ${part.about}\n${stringify(kustomization, { lineWidth: 0 })}`);
}

const listed = (key: string, entries: readonly unknown[]): object => (entries.length === 0 ? {} : { [key]: entries });

/** A file for each template of the chart. */
function resourceFiles(objects: readonly Rendered[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { template, text } of objects) {
    const soFar = files.get(template);
    const start = soFar === undefined ? header(`/templates/${template}`) : `${soFar}---\n`;
    files.set(template, start + text);
  }
  return files;
}

/** Kustomize makes the ConfigMap, so that a changed setting gives it a new name and restarts the pods. */
const generatorOf = (map: Manifest): object => ({
  name: map.metadata.name,
  literals: Object.entries(Object(map.data)).map(([name, value]) => `${name}=${value}`),
  options: { labels: at(map, "metadata", "labels") },
});

function patchOf(before: Manifest | undefined, after: Manifest): object[] {
  const operations = before === undefined ? [] : jsonPatch(before, after);
  if (operations.length === 0) return [];
  const [version = "", group] = after.apiVersion.split("/").reverse();
  const target = { ...(group === undefined ? {} : { group }), version, kind: after.kind, name: after.metadata.name };
  return [{ target, patch: stringify(operations, { lineWidth: 0 }) }];
}
