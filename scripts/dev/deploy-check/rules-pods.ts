import { at, listAt, type Manifest, nameOf, podMakers, podOf } from "./manifest.ts";

/** Errors of pods that schemas do not cover: permissions, shutdown, probes. One line each, with the fix. */
export function podErrors(manifests: readonly Manifest[], shutdownTimeoutMs: number): string[] {
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
    ...wrong(
      at(pod, "automountServiceAccountToken"),
      false,
      `${name}: no pod needs an API token: set automountServiceAccountToken false`,
    ),
    ...wrong(at(pod, "enableServiceLinks"), false, `${name}: set enableServiceLinks false`),
  ];
}

function containerRights(pod: string, container: unknown): string[] {
  const name = `${pod}, ${at(container, "name")}`;
  const context = at(container, "securityContext");
  const image = String(at(container, "image"));
  return [
    ...wrong(at(context, "allowPrivilegeEscalation"), false, `${name}: set allowPrivilegeEscalation false`),
    ...wrong(
      at(context, "readOnlyRootFilesystem"),
      true,
      `${name}: the image writes only to /tmp: set readOnlyRootFilesystem`,
    ),
    ...wrong(listAt(context, "capabilities", "drop")[0], "ALL", `${name}: drop ALL capabilities`),
    ...(at(container, "resources", "limits", "memory") ? [] : [`${name}: give it a memory limit`]),
    ...(at(container, "resources", "requests", "cpu") ? [] : [`${name}: request CPU, which autoscaling needs`]),
    ...(/:latest$|^[^:]*$/.test(image) ? [`${name}: ${image} names no version, so a rollback has no target`] : []),
  ];
}

/** A pod must stop within its grace period, which includes preStop; then the kubelet kills it. */
function stopping(name: string, pod: unknown, shutdownTimeoutMs: number): string[] {
  const graceS = Number(at(pod, "terminationGracePeriodSeconds") ?? 30);
  return listAt(pod, "containers").flatMap((container) => {
    const preStopS = Number(at(container, "lifecycle", "preStop", "sleep", "seconds") ?? Number.NaN);
    if (Number.isNaN(preStopS)) return [`${name}: give ${at(container, "name")} a preStop sleep`];
    const drainS = at(container, "name") === "worker" ? shutdownTimeoutMs / 1000 : 10;
    const neededS = preStopS + drainS + 5;
    return graceS >= neededS
      ? []
      : [
          `${name}: a grace period of ${graceS} s ends before the drain: preStop ${preStopS} s + drain ${drainS} s + 5 s to spare`,
        ];
  });
}

// These check Postgres, Temporal and Novu, and a restart fixes none of them.
const dependencyChecks = ["/health", "/health/ready", "/api/health"];

function probes(name: string, pod: unknown): string[] {
  return listAt(pod, "containers").flatMap((container) => {
    const path = (probe: string) => at(container, probe, "httpGet", "path");
    const missing = ["startupProbe", "livenessProbe", "readinessProbe"].filter((probe) => path(probe) === undefined);
    const live = String(path("livenessProbe"));
    return [
      ...missing.map((probe) => `${name}: ${probe} is missing`),
      ...(dependencyChecks.includes(live) ? [`${name}: liveness requests ${live}, which fails with a dependency`] : []),
    ];
  });
}
