import type { Log } from "@xnovu/test-engine/command";
import { disagreements } from "./agree.ts";
import { crdFaults } from "./crd-types.ts";
import type { Manifest } from "./manifest.ts";
import { policyFaults } from "./policy.ts";
import { overlayNames, renderChart, renderOverlay } from "./render.ts";
import { projectVersion, ruleFaults } from "./rules.ts";
import { schemaFaults } from "./schemas.ts";

export interface Checked {
  readonly what: string;
  readonly faults: readonly string[];
}

export type Sets = Readonly<Record<string, readonly Manifest[]>>;

/** Every overlay as kustomize makes it, and where the chart makes something else. */
export async function renderAll(root: string, log: Log): Promise<{ readonly sets: Sets; readonly faults: string[] }> {
  const sets: Record<string, readonly Manifest[]> = {};
  const faults: string[] = [];
  for (const name of overlayNames(root)) {
    const made = await renderOverlay(root, name, log);
    sets[name] = made;
    faults.push(...disagreements(made, await renderChart(root, name, log)).map((line) => `${name}: ${line}`));
  }
  return { sets, faults };
}

/** All that is checked of the manifests, in the order of what it takes. `folder` is a temporary one. */
export async function* checkAll(root: string, folder: string, log: Log): AsyncGenerator<Checked> {
  const { sets, faults } = await renderAll(root, log);
  yield { what: "the chart makes what kustomize makes", faults };
  const version = projectVersion(root);
  const own = Object.entries(sets).flatMap(([name, set]) => ruleFaults(set, version).map((line) => `${name}: ${line}`));
  yield { what: "the project's own rules", faults: own };
  const every = different(sets);
  yield { what: "schemas of three versions of Kubernetes", faults: await schemaFaults(every, folder, log) };
  yield { what: "types of KEDA, Prometheus operator, External Secrets", faults: await crdFaults(every, folder, log) };
  yield { what: "policies", faults: await policyFaults(root, sets, folder, log) };
}

/** Each object once, although most overlays have most of them. */
function different(sets: Sets): Manifest[] {
  const all = Object.values(sets).flat();
  return [...new Map(all.map((manifest) => [JSON.stringify(manifest), manifest])).values()];
}
