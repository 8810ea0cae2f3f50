import { at, listAt, type Manifest, nameOf, podMakers, podOf } from "./manifest.ts";

/** Faults of the pods that no schema knows: rights, stopping, probes. One line each, with what to do. */
export function podFaults(manifests: readonly Manifest[], shutdownTimeoutMs: number): string[] {
  return podMakers(manifests).flatMap((manifest) => {
    const name = nameOf(manifest);
    const pod = podOf(manifest);
    const containers = [...listAt(pod, "initContainers"), ...listAt(pod, "containers")];
    return [
      ...rights(name, pod),
      ...containers.flatMap((container) => containerRights(name, container)),
      ...(manifest.kind === "Deployment" ? [...stopping(name, pod, shutdownTimeoutMs), ...probes(name, pod)] : []),
    ];
  });
}

const wrong = (is: unknown, wanted: unknown, line: string): string[] => (is === wanted ? [] : [line]);

function rights(name: string, pod: unknown): string[] {
  const context = at(pod, "securityContext");
  return [
    ...wrong(at(context, "runAsNonRoot"), true, `${name}: set runAsNonRoot`),
    ...wrong(at(context, "seccompProfile", "type"), "RuntimeDefault", `${name}: set seccompProfile RuntimeDefault`),
    ...wrong(at(pod, "automountServiceAccountToken"), false, `${name}: no pod needs the API's token: leave it out`),
    ...wrong(at(pod, "enableServiceLinks"), false, `${name}: set enableServiceLinks false`),
  ];
}

function containerRights(pod: string, container: unknown): string[] {
  const name = `${pod}, ${at(container, "name")}`;
  const context = at(container, "securityContext");
  const image = String(at(container, "image"));
  return [
    ...wrong(at(context, "allowPrivilegeEscalation"), false, `${name}: set allowPrivilegeEscalation false`),
    ...wrong(at(context, "readOnlyRootFilesystem"), true, `${name}: the image writes to /tmp alone: read-only root`),
    ...wrong(listAt(context, "capabilities", "drop")[0], "ALL", `${name}: drop ALL capabilities`),
    ...(at(container, "resources", "limits", "memory") ? [] : [`${name}: give it a memory limit`]),
    ...(at(container, "resources", "requests", "cpu") ? [] : [`${name}: request CPU, which autoscaling counts by`]),
    ...(/:latest$|^[^:]*$/.test(image)
      ? [`${name}: ${image} names no version: a rollback would have nothing to go to`]
      : []),
  ];
}

/** A stop must end by itself: the kubelet kills what is left when the grace period ends, preStop included. */
function stopping(name: string, pod: unknown, shutdownTimeoutMs: number): string[] {
  const graceS = Number(at(pod, "terminationGracePeriodSeconds") ?? 30);
  return listAt(pod, "containers").flatMap((container) => {
    const preStopS = Number(at(container, "lifecycle", "preStop", "sleep", "seconds") ?? Number.NaN);
    if (Number.isNaN(preStopS)) return [`${name}: give ${at(container, "name")} a preStop sleep`];
    const drainS = at(container, "name") === "worker" ? shutdownTimeoutMs / 1000 : 10;
    const neededS = preStopS + drainS + 5;
    return graceS >= neededS
      ? []
      : [`${name}: a grace of ${graceS} s kills what drains: preStop ${preStopS} s + drain ${drainS} s + 5 s to spare`];
  });
}

// These look at Postgres, Temporal and Novu: a restart mends none of them.
const dependencyChecks = ["/health", "/health/ready", "/api/health"];

function probes(name: string, pod: unknown): string[] {
  return listAt(pod, "containers").flatMap((container) => {
    const path = (probe: string) => at(container, probe, "httpGet", "path");
    const missing = ["startupProbe", "livenessProbe", "readinessProbe"].filter((probe) => path(probe) === undefined);
    const live = String(path("livenessProbe"));
    return [
      ...missing.map((probe) => `${name}: ${probe} is missing`),
      ...(dependencyChecks.includes(live) ? [`${name}: liveness asks ${live}, which fails with a dependency`] : []),
    ];
  });
}
