import { at, find, listAt, type Manifest, ofKind, podOf } from "./manifest.ts";

const setting = "XNOVU_TEMPORAL_METRICS_ADDRESS";

/** Metrics that Prometheus cannot scrape: checks each port from the ServiceMonitor to the container. One line each. */
export function metricsErrors(manifests: readonly Manifest[]): string[] {
  const service = find(manifests, "Service", "xnovu-worker");
  const ports = listAt(service, "spec", "ports");
  const scraped = ofKind(manifests, "ServiceMonitor").flatMap((monitor) => listAt(monitor, "spec", "endpoints"));
  const named = (name: unknown) => ports.find((port) => at(port, "name") === name);
  return [
    ...scraped
      .filter((endpoint) => named(at(endpoint, "port")) === undefined)
      .map((endpoint) => `ServiceMonitor xnovu-worker: Service xnovu-worker has no port ${at(endpoint, "port")}`),
    ...scraped.flatMap((endpoint) => wayErrors(manifests, named(at(endpoint, "port")))),
    ...sdkErrors(
      manifests,
      scraped.map((endpoint) => named(at(endpoint, "port"))),
    ),
  ];
}

/** Checks the container port behind a port of the Service, and that the NetworkPolicy admits Prometheus. */
function wayErrors(manifests: readonly Manifest[], port: unknown): string[] {
  if (port === undefined) return [];
  const number = containerPort(manifests, at(port, "targetPort"));
  if (number === undefined) return [`Service xnovu-worker: no container's port is called ${at(port, "targetPort")}`];
  const policy = find(manifests, "NetworkPolicy", "xnovu-worker");
  const allowed = listAt(policy, "spec", "ingress").flatMap((rule) => listAt(rule, "ports"));
  if (policy === undefined || allowed.some((entry) => at(entry, "port") === number)) return [];
  return [`NetworkPolicy xnovu-worker: it blocks Prometheus from port ${number}`];
}

function containerPort(manifests: readonly Manifest[], name: unknown): unknown {
  const worker = find(manifests, "Deployment", "xnovu-worker");
  const ports = worker === undefined ? [] : listAt(podOf(worker), "containers", 0, "ports");
  return at(
    ports.find((port) => at(port, "name") === name),
    "containerPort",
  );
}

/** Prometheus must scrape the port on which the Temporal SDK serves its metrics. */
function sdkErrors(manifests: readonly Manifest[], scraped: readonly unknown[]): string[] {
  if (scraped.length === 0) return [];
  const address = String(at(ofKind(manifests, "ConfigMap")[0], "data", setting) ?? "unset");
  const read = scraped.map((port) => containerPort(manifests, at(port, "targetPort")));
  if (read.some((port) => address.endsWith(`:${port}`)) && !/^(127\.|localhost)/.test(address)) return [];
  return [`ConfigMap xnovu-settings: ${setting} is ${address}, and the ServiceMonitor scrapes ${read.join(", ")}`];
}
