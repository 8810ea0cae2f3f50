import { at, find, listAt, type Manifest, nameOf, ofKind, podMakers, podOf } from "./manifest.ts";
import { defaultOf } from "./rules-settings.ts";

/** References to objects that do not exist: selectors, scale targets, backends, ports. One line each. */
export function linkErrors(manifests: readonly Manifest[]): string[] {
  return [...selectors(manifests), ...scaleTargets(manifests), ...backends(manifests), ...ports(manifests)];
}

type Labels = Readonly<Record<string, unknown>>;

const podLabels = (manifests: readonly Manifest[]): Labels[] =>
  podMakers(manifests).map((maker) => Object(at(maker, "spec", "template", "metadata", "labels")));

const matches = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

function selectors(manifests: readonly Manifest[]): string[] {
  const pods = podLabels(manifests);
  const services = ofKind(manifests, "Service").map((service) => Object(at(service, "metadata", "labels")));
  const checks: [string, readonly unknown[], readonly Labels[]][] = [
    ["Service", ["spec", "selector"], pods],
    ["PodDisruptionBudget", ["spec", "selector", "matchLabels"], pods],
    ["NetworkPolicy", ["spec", "podSelector", "matchLabels"], pods],
    ["ServiceMonitor", ["spec", "selector", "matchLabels"], services],
  ];
  return checks.flatMap(([kind, path, candidates]) =>
    ofKind(manifests, kind)
      .filter((manifest) => !candidates.some((labels) => matches(Object(at(manifest, ...path.map(String))), labels)))
      .map((manifest) => `${nameOf(manifest)}: its selector matches nothing`),
  );
}

function scaleTargets(manifests: readonly Manifest[]): string[] {
  const scalers = [...ofKind(manifests, "HorizontalPodAutoscaler"), ...ofKind(manifests, "ScaledObject")];
  return scalers.flatMap((scaler) => {
    const name = String(at(scaler, "spec", "scaleTargetRef", "name"));
    const target = find(manifests, "Deployment", name);
    if (target === undefined) return [`${nameOf(scaler)}: there is no Deployment ${name}`];
    if (at(target, "spec", "replicas") === undefined) return [];
    return [`Deployment ${name}: remove replicas, because ${nameOf(scaler)} owns the number`];
  });
}

function backends(manifests: readonly Manifest[]): string[] {
  return ofKind(manifests, "Ingress").flatMap((ingress) =>
    listAt(ingress, "spec", "rules").flatMap((rule) =>
      listAt(rule, "http", "paths").flatMap((path) => {
        const [service, port] = ["name", "port"].map((key) => at(path, "backend", "service", key));
        const found = find(manifests, "Service", String(service));
        const has = listAt(found, "spec", "ports").some((entry) => at(entry, "name") === at(port, "name"));
        return has ? [] : [`${nameOf(ingress)}: there is no Service ${service} with a port ${at(port, "name")}`];
      }),
    ),
  );
}

/** Ports in manifests must be the defaults of the settings. */
function ports(manifests: readonly Manifest[]): string[] {
  const wanted: readonly (readonly [string, string])[] = [
    ["xnovu-app", "PORT"],
    ["xnovu-worker", "WORKER_HEALTH_PORT"],
  ];
  return wanted.flatMap(([name, setting]) => {
    const deployment = find(manifests, "Deployment", name);
    const port = deployment && at(podOf(deployment), "containers", 0, "ports", 0, "containerPort");
    const expected = Number(defaultOf(setting));
    return port === expected ? [] : [`Deployment ${name}: containerPort is ${port}, and ${setting} is ${expected}`];
  });
}
