import type { ToolSpec } from "@xnovu/test-engine/tool-specs";

const helm = "helm.sh/helm/v3";
const kubeconform = "github.com/yannh/kubeconform/cmd/kubeconform";

/** Tools that render and check the manifests. An installed tool is used if it is new enough; otherwise Go builds it into the cache. */
export const deployToolSpecs = {
  kustomize: {
    name: "kustomize",
    version: "5.8.1",
    // The version in `kubectl apply -k` of supported clusters. Components and `replacements` with delimiters are older.
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
