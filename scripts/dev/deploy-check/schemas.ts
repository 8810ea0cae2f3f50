import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { findTool } from "@xnovu/test-engine/tool-find";
import { stringify } from "yaml";
import { judge } from "./judge.ts";
import { at, listAt, type Manifest } from "./manifest.ts";
import { kubernetesSchemas, kubernetesVersions } from "./schema-files.ts";
import { deployToolSpecs } from "./tool-specs.ts";

/** Kinds of Kubernetes itself. crd-types.ts checks those of operators. */
export const isBuiltIn = ({ apiVersion }: Manifest): boolean => /^(v1|\w+\/\w+|[\w.]+\.k8s\.io\/\w+)$/.test(apiVersion);

/** Findings of kubeconform in strict mode, which refuses fields that the schema does not know. One line each. */
export async function schemaErrors(manifests: readonly Manifest[], folder: string, log: Log): Promise<string[]> {
  const { kubeconform = "" } = await findTool(deployToolSpecs.kubeconform, { log });
  const schemas = await kubernetesSchemas(log);
  const location = `${schemas}/{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
  const file = join(folder, "built-in.yaml");
  const texts = manifests.filter(isBuiltIn).map((manifest) => stringify(manifest));
  writeFileSync(file, texts.join("---\n"));
  const errors: string[] = [];
  for (const version of kubernetesVersions) {
    const args = ["-strict", "-output", "json", "-kubernetes-version", version, "-schema-location", location, file];
    const { stdout } = await judge(kubeconform, args, [0, 1]);
    for (const resource of listAt(JSON.parse(stdout), "resources"))
      errors.push(`Kubernetes ${version}, ${at(resource, "kind")} ${at(resource, "name")}: ${at(resource, "msg")}`);
  }
  return errors;
}
