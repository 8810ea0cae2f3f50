import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import { renderedPaths, staleErrors } from "../kubernetes/checksums.ts";
import { kubernetesFiles } from "../kubernetes/generate.ts";
import { crdErrors } from "./crd-types.ts";
import type { Manifest } from "./manifest.ts";
import { policyErrors } from "./policy.ts";
import { overlayNames, renderChart, renderOverlay } from "./render.ts";
import { projectVersion, ruleErrors } from "./rules.ts";
import { schemaErrors } from "./schemas.ts";

export interface Checked {
  readonly what: string;
  readonly errors: readonly string[];
}

export type Sets = Readonly<Record<string, readonly Manifest[]>>;

/** What users apply: every overlay by kustomize, and by Helm the chart with the values file of the same name. */
export async function renderAll(root: string, log: Log): Promise<{ readonly overlays: Sets; readonly charts: Sets }> {
  const overlays: Record<string, readonly Manifest[]> = {};
  const charts: Record<string, readonly Manifest[]> = {};
  for (const name of overlayNames(root)) {
    overlays[name] = await renderOverlay(root, name, log);
    charts[name] = await renderChart(root, name, log);
  }
  return { overlays, charts };
}

/** Files of deploy/kubernetes that the chart renders differently, by rendering it. One line each. */
export async function renderingErrors(root: string, log: Log): Promise<string[]> {
  const files = await kubernetesFiles(root, log);
  const textOf = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);
  const different = [...new Set([...files.keys(), ...renderedPaths(root)])]
    .filter((path) => textOf(path) !== files.get(path))
    .map((path) => `${path}: run \`node --import tsx scripts/dev/update-kubernetes.ts\``);
  return [...different, ...staleErrors(root)];
}

/** Everything that is checked of the manifests, the fastest check first. `folder` is a temporary one. */
export async function* checkAll(root: string, folder: string, log: Log): AsyncGenerator<Checked> {
  yield { what: "deploy/kubernetes is what the chart renders", errors: await renderingErrors(root, log) };
  const { overlays, charts } = await renderAll(root, log);
  const byHelm = Object.fromEntries(Object.entries(charts).map(([name, set]) => [`${name}-helm`, set] as const));
  const sets: Sets = { ...overlays, ...byHelm };
  const version = projectVersion(root);
  const own = Object.entries(sets).flatMap(([name, set]) => ruleErrors(set, version).map((line) => `${name}: ${line}`));
  yield { what: "the project's own rules", errors: own };
  const every = different(sets);
  yield { what: "schemas of three versions of Kubernetes", errors: await schemaErrors(every, folder, log) };
  yield { what: "types of KEDA, Prometheus operator, External Secrets", errors: await crdErrors(every, folder, log) };
  yield { what: "policies", errors: await policyErrors(root, sets, folder, log) };
}

/** Each object once, although most overlays share most of them. */
function different(sets: Sets): Manifest[] {
  const all = Object.values(sets).flat();
  return [...new Map(all.map((manifest) => [JSON.stringify(manifest), manifest])).values()];
}
