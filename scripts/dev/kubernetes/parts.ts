/** A folder of deploy/kubernetes that is rendered from the chart. */
export interface Part {
  /** Below deploy/kubernetes. */
  readonly folder: string;
  /** First line of its kustomization.yaml. */
  readonly about: string;
  /** Values of the chart that the part sets, as `helm --set` takes them, on top of deploy/helm/values/kustomize.yaml. */
  readonly set: readonly string[];
  /** Values that are set before and after: the part holds the difference. The base has none, so it holds everything. */
  readonly onTopOf?: readonly string[];
}

const keda = ["autoscaling.kind=keda"];

export const parts: readonly Part[] = [
  {
    folder: "base",
    about: "What every installation has. Do not apply it alone: an overlay sets the registry and the tag of the image.",
    set: [],
  },
  {
    folder: "components/ingress",
    about: "Exposes the bridge to Novu. An overlay sets the host, the class and the certificate.",
    set: ["ingress.enabled=true"],
    onTopOf: [],
  },
  {
    folder: "components/monitoring",
    about:
      "For the Prometheus operator. Label the namespace of Prometheus: kubectl label namespace monitoring xnovu-monitoring=allowed",
    set: ["monitoring.serviceMonitor=true"],
    onTopOf: [],
  },
  {
    folder: "components/cpu",
    about: "Scales the app on CPU. Needs only metrics-server.",
    set: ["autoscaling.kind=cpu"],
    onTopOf: [],
  },
  {
    folder: "components/hpa",
    about:
      "Scales app and worker on Prometheus metrics through prometheus-adapter: examples/prometheus-adapter-values.yaml.",
    set: ["autoscaling.kind=hpa"],
    onTopOf: [],
  },
  {
    folder: "components/keda",
    about:
      "Scales app and worker with KEDA 2.17 or later (earlier versions lack the Temporal trigger). KEDA queries Postgres with the login of the Secret xnovu-scaler, and Temporal.",
    set: keda,
    onTopOf: [],
  },
  {
    folder: "components/temporal-cloud",
    about:
      "Temporal Cloud with an API key. List it after components/keda. An overlay sets TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.",
    set: [...keda, "temporalCloud=true"],
    onTopOf: keda,
  },
  {
    folder: "components/external-secrets",
    about:
      "Reads the Secrets from a vault with the External Secrets operator. examples/secrets.yaml lists the keys of each.",
    set: ["externalSecrets.enabled=true"],
    onTopOf: [],
  },
];
