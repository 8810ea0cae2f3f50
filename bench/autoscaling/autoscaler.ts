import type { Behaviour, Rule } from "./rule.ts";

/** A cluster's autoscaler looks this often. */
export const syncSeconds = 15;
// Within a tenth of the target nothing changes (--horizontal-pod-autoscaler-tolerance).
const tolerance = 0.1;

interface Change {
  readonly at: number;
  readonly by: number;
}

/**
 * The autoscaler of Kubernetes for one rule on external metrics with average values: what autoscaling/v2 documents, the largest of the metrics'
 * answers, stabilization windows and policies. `next` is called every `syncSeconds` with the time, the rows that are due, what is sent in a
 * second, and the number there is.
 */
export function createAutoscaler(rule: Rule) {
  const recommendations: { readonly at: number; readonly pods: number }[] = [];
  const changes: Change[] = [];
  return {
    next(now: number, due: number, sent: number, current: number): number {
      const byDue = desired(rule, rule.target, Math.min(due, rule.cap), current);
      const bySent = rule.sentTarget === undefined ? rule.min : desired(rule, rule.sentTarget, sent, current);
      const wanted = Math.max(byDue, bySent);
      recommendations.push({ at: now, pods: wanted });
      const stable = stabilized(recommendations, rule, now, wanted, current);
      const limited = withinPolicies(rule, changes, now, stable, current);
      if (limited !== current) changes.push({ at: now, by: limited - current });
      return limited;
    },
  };
}

function desired({ min, max }: Rule, target: number, total: number, current: number): number {
  const ratio = total / (target * current);
  const pods = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(total / target);
  return Math.min(max, Math.max(min, pods));
}

/** Up: the least recommended within the window; down: the most. */
function stabilized(
  all: { readonly at: number; readonly pods: number }[],
  { up, down }: Rule,
  now: number,
  wanted: number,
  current: number,
): number {
  while ((all[0]?.at ?? now) < now - Math.max(up.stabilizationSeconds, down.stabilizationSeconds)) all.shift();
  const within = (seconds: number) => all.filter(({ at }) => at >= now - seconds).map(({ pods }) => pods);
  if (wanted > current) return Math.max(current, Math.min(...within(up.stabilizationSeconds)));
  if (wanted < current) return Math.min(current, Math.max(...within(down.stabilizationSeconds)));
  return current;
}

function withinPolicies(rule: Rule, changes: readonly Change[], now: number, wanted: number, current: number): number {
  if (wanted > current) return Math.min(wanted, Math.max(...limits(rule.up, changes, now, current, 1)));
  if (wanted < current) return Math.max(wanted, Math.min(...limits(rule.down, changes, now, current, -1)));
  return current;
}

/** How far each policy lets it go from what there was at the beginning of its period. */
function limits(
  { policies }: Behaviour,
  changes: readonly Change[],
  now: number,
  current: number,
  sign: 1 | -1,
): number[] {
  return policies.map(({ type, value, periodSeconds }) => {
    const recent = changes.filter(({ at, by }) => at > now - periodSeconds && Math.sign(by) === sign);
    const before = current - recent.reduce((sum, { by }) => sum + by, 0);
    if (type === "Pods") return before + sign * value;
    return sign > 0 ? Math.ceil(before * (1 + value / 100)) : Math.floor(before * (1 - value / 100));
  });
}
