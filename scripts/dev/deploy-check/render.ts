import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Log, output } from "@xnovu/test-engine/command";
import { findTool } from "@xnovu/test-engine/tool-find";
import { type Manifest, parseManifests } from "./manifest.ts";
import { deployToolSpecs } from "./tool-specs.ts";

/** The newest supported version of Kubernetes. Helm compares it with the chart's kubeVersion. */
const newestKubernetes = "1.37.0";

/** Names of the overlays. deploy/helm/values has a file of the same name for each. */
export const overlayNames = (root: string): string[] => readdirSync(join(root, "deploy/kubernetes/overlays")).sort();

/** What `kubectl apply -k` would apply. @throws EngineError with kustomize's message. */
export async function renderOverlay(root: string, overlay: string, log: Log): Promise<Manifest[]> {
  const { kustomize = "" } = await findTool(deployToolSpecs.kustomize, { log });
  const folder = join(root, "deploy/kubernetes/overlays", overlay);
  return parseManifests(await output(kustomize, ["build", folder]), `overlay ${overlay}`);
}

/** What `helm install xnovu deploy/helm/xnovu -n xnovu -f deploy/helm/values/<name>.yaml` would apply. @throws EngineError with Helm's message. */
export const renderChart = async (
  root: string,
  values: string,
  log: Log,
  more: readonly string[] = [],
): Promise<Manifest[]> => parseManifests(await chartText(root, values, log, more), `chart with ${values}.yaml`);

/** The same as YAML, with comments. @throws EngineError with Helm's message. */
export async function chartText(root: string, values: string, log: Log, more: readonly string[] = []): Promise<string> {
  const { helm = "" } = await findTool(deployToolSpecs.helm, { log });
  const file = join(root, "deploy/helm/values", `${values}.yaml`);
  const chart = ["template", "xnovu", join(root, "deploy/helm/xnovu"), "--namespace", "xnovu"];
  // A Helm that is built from source assumes an old Kubernetes.
  return await output(helm, [...chart, "--kube-version", newestKubernetes, "--values", file, ...more]);
}
