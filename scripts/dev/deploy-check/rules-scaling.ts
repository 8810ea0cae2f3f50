import { at, find, listAt, type Manifest, ofKind } from "./manifest.ts";

/** outbox/sql/count-by-status.sql stops counting here, and so do the worker's metrics. */
export const metricCap = 10_001;

/** Autoscalers of the worker that cannot reach their maximum, because their metric stops below it; and a query of the wrong task queue. */
export function scalingErrors(manifests: readonly Manifest[]): string[] {
  return [
    ...keda(find(manifests, "ScaledObject", "xnovu-worker")),
    ...temporal(manifests),
    ...hpa(find(manifests, "HorizontalPodAutoscaler", "xnovu-worker")),
  ];
}

function keda(scaled: Manifest | undefined): string[] {
  const trigger = listAt(scaled, "spec", "triggers").find((entry) => at(entry, "type") === "postgresql");
  if (trigger === undefined) return [];
  const needed = Number(at(scaled, "spec", "maxReplicaCount")) * Number(at(trigger, "metadata", "targetQueryValue"));
  const limits = [...String(at(trigger, "metadata", "query")).matchAll(/LIMIT (\d+)/g)].map(([, n]) => Number(n));
  const low = limits.filter((limit) => limit < needed);
  if (limits.length === 3 && low.length === 0) return [];
  return [`ScaledObject xnovu-worker: its query counts to ${limits.join(", ")}, and the maximum needs ${needed} rows`];
}

/** KEDA queries the task queue that the workers poll. */
function temporal(manifests: readonly Manifest[]): string[] {
  const triggers = listAt(find(manifests, "ScaledObject", "xnovu-worker"), "spec", "triggers");
  const trigger = triggers.find((entry) => at(entry, "type") === "temporal");
  const settings = ofKind(manifests, "ConfigMap")[0];
  const pairs = { endpoint: "TEMPORAL_ADDRESS", namespace: "TEMPORAL_NAMESPACE", taskQueue: "TEMPORAL_TASK_QUEUE" };
  if (trigger === undefined) return [];
  return Object.entries(pairs)
    .map(([key, setting]) => [key, at(trigger, "metadata", key), setting, at(settings, "data", setting)] as const)
    .filter(([, read, , set]) => read !== set)
    .map(([key, read, setting, set]) => `ScaledObject xnovu-worker: ${key} is ${read}, and ${setting} is ${set}`);
}

function hpa(scaler: Manifest | undefined): string[] {
  const metric = listAt(scaler, "spec", "metrics").find(
    (entry) => at(entry, "external", "metric", "name") === "xnovu_due_notifications",
  );
  if (metric === undefined) return [];
  const needed = Number(at(scaler, "spec", "maxReplicas")) * Number(at(metric, "external", "target", "averageValue"));
  if (needed <= metricCap) return [];
  return [
    `HorizontalPodAutoscaler xnovu-worker: the maximum needs ${needed} rows, and its metric stops at ${metricCap}`,
  ];
}
