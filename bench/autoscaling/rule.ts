import { at, find, listAt, type Manifest } from "../../scripts/dev/deploy-check/manifest.ts";

/** How many more or fewer a policy of the autoscaler allows within a period of seconds. */
export interface Policy {
  readonly type: "Pods" | "Percent";
  readonly value: number;
  readonly periodSeconds: number;
}

export interface Behaviour {
  readonly stabilizationSeconds: number;
  readonly policies: readonly Policy[];
}

/** What a manifest says about when there are how many workers. */
export interface Rule {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Rows that are due for each worker. */
  readonly target: number;
  /** The count of rows is never more than this. */
  readonly cap: number;
  /** How old the count is at most: what is counted is counted this often. */
  readonly metricAgeSeconds: number;
  /** Notifications sent in a second for each worker, as the mean of two minutes; left out where no such metric is read. */
  readonly sentTarget?: number;
  /** While the sending pause is closed no row counts, and for so long after; left out where the count does not look at the sending pause. */
  readonly pauseLagSeconds?: number;
  readonly up: Behaviour;
  readonly down: Behaviour;
}

/** The rule of a ScaledObject of KEDA, read from what is applied. @throws Error when it is not there. */
export function kedaRule(manifests: readonly Manifest[]): Rule {
  const spec = at(find(manifests, "ScaledObject", "xnovu-worker"), "spec");
  const trigger = listAt(spec, "triggers").find((entry) => at(entry, "name") === "due");
  const sent = listAt(spec, "triggers").find((entry) => at(entry, "name") === "sent");
  const behavior = at(spec, "advanced", "horizontalPodAutoscalerConfig", "behavior");
  const query = String(at(trigger, "metadata", "query"));
  return {
    name: "KEDA",
    min: number(at(spec, "minReplicaCount")),
    max: number(at(spec, "maxReplicaCount")),
    target: number(at(trigger, "metadata", "targetQueryValue")),
    cap: found(/LIMIT (\d+)/, query),
    // KEDA asks Postgres at the moment the autoscaler asks it.
    metricAgeSeconds: 0,
    sentTarget: number(at(sent, "metadata", "threshold")),
    pauseLagSeconds: found(/sending_pause WHERE paused_until > now\(\) - interval '(\d+) seconds'/, query),
    ...behaviours(behavior),
  };
}

/** The rule of a HorizontalPodAutoscaler on external metrics that an adapter's rules, given as text, make. @throws Error when it is not there. */
export function hpaRule(manifests: readonly Manifest[], adapter: string, cap: number): Rule {
  const spec = at(find(manifests, "HorizontalPodAutoscaler", "xnovu-worker"), "spec");
  const target = (name: string) =>
    listAt(spec, "metrics")
      .map((entry) => at(entry, "external"))
      .filter((external) => at(external, "metric", "name") === name)
      .map((external) => number(at(external, "target", "averageValue")))[0];
  return {
    name: "HPA",
    min: number(at(spec, "minReplicas")),
    max: number(at(spec, "maxReplicas")),
    target: number(target("xnovu_due_notifications")),
    cap,
    // The worker counts every 10 s, Prometheus reads that every 15 s.
    metricAgeSeconds: 25,
    sentTarget: number(target("xnovu_sent_per_second")),
    pauseLagSeconds: found(/xnovu_sending_paused\{[^}]*\}\[(\d+)s\]/, adapter),
    ...behaviours(at(spec, "behavior")),
  };
}

const behaviours = (behavior: unknown): Pick<Rule, "up" | "down"> => ({
  up: behaviour(at(behavior, "scaleUp")),
  down: behaviour(at(behavior, "scaleDown")),
});

function behaviour(part: unknown): Behaviour {
  const policies = listAt(part, "policies").map((policy) => ({
    type: at(policy, "type") === "Pods" ? ("Pods" as const) : ("Percent" as const),
    value: number(at(policy, "value")),
    periodSeconds: number(at(policy, "periodSeconds")),
  }));
  if (policies.length === 0) throw new Error("the manifest names no policy: the simulation would have to guess one");
  return { stabilizationSeconds: number(at(part, "stabilizationWindowSeconds")), policies };
}

const found = (pattern: RegExp, text: string): number => number(pattern.exec(text)?.[1]);

function number(value: unknown): number {
  const read = Number(value);
  if (value === undefined || Number.isNaN(read)) throw new Error(`not a number in the manifest: ${String(value)}`);
  return read;
}
