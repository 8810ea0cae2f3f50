import type { ToolSpec } from "@xnovu/test-engine/tool-specs";

const helm = "helm.sh/helm/v3";
const kubeconform = "github.com/yannh/kubeconform/cmd/kubeconform";

/** What the manifests are rendered and judged with. Installed ones are used when they are new enough, else Go builds them into the cache. */
export const deployToolSpecs = {
  kustomize: {
    name: "kustomize",
    version: "5.8.1",
    // Components and `replacements` with delimiters are older; what `kubectl apply -k` of supported clusters carries.
    minimum: "5.4.0",
    packages: { kustomize: "sigs.k8s.io/kustomize/kustomize/v5" },
    versionVariable: "sigs.k8s.io/kustomize/api/provenance.version",
    versionArgs: ["version"],
  },
  helm: {
    name: "helm",
    version: "3.22.0",
    minimum: "3.16.0",
    packages: { helm: `${helm}/cmd/helm` },
    versionVariable: `${helm}/internal/version.version`,
    versionArgs: ["version", "--short"],
  },
  kubeconform: {
    name: "kubeconform",
    version: "0.7.0",
    minimum: "0.6.0",
    packages: { kubeconform },
    versionVariable: "main.version",
    versionArgs: ["-v"],
  },
} as const satisfies Record<string, ToolSpec>;
