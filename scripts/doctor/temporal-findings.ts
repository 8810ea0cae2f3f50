import type { Settings } from "../../core/config/variables.ts";
import { diagnoseTemporal, isTemporalRefusal } from "../../core/diagnosis/temporal.ts";
import { down, type Finding, unknown } from "./finding.ts";
import type { TemporalFacts } from "./temporal-facts.ts";

type TemporalSettings = Settings["temporal"];

/** Milliseconds: a poll lasts up to a minute, so a live worker polled within a little more than that. */
const freshMs = 75_000;

export function temporalFindings(facts: TemporalFacts, settings: TemporalSettings, nowMs: number): Finding[] {
  const { server, namespace, pollers } = facts;
  const queue = "temporal task queue";
  const findings: Finding[] = [
    server.ok
      ? {
          check: "temporal",
          state: "ok",
          ms: server.ms,
          found: `version ${server.value} at ${settings.address}`,
        }
      : down("temporal", server.ms, diagnoseTemporal(server.error, settings)),
  ];
  const isRefusal = !namespace.ok && isTemporalRefusal(namespace.error);
  if (!server.ok && !isRefusal)
    return [...findings, ...["temporal namespace", queue].map((check) => unknown(check, "Temporal does not respond"))];
  findings.push(namespaceFinding(namespace, settings));
  if (!namespace.ok) return [...findings, unknown(queue, `namespace "${settings.namespace}" cannot be used`)];
  return [
    ...findings,
    pollers.ok
      ? queueFinding(pollers.value, { taskQueue: settings.taskQueue, ms: pollers.ms, nowMs })
      : down(queue, pollers.ms, diagnoseTemporal(pollers.error, settings)),
  ];
}

function namespaceFinding(measured: TemporalFacts["namespace"], settings: TemporalSettings): Finding {
  const check = "temporal namespace";
  if (!measured.ok) return down(check, measured.ms, diagnoseTemporal(measured.error, settings));
  if (measured.value === "registered") return { check, state: "ok", ms: measured.ms, found: settings.namespace };
  return down(check, measured.ms, {
    message: `namespace "${settings.namespace}" is being deleted`,
    hint: "Set TEMPORAL_NAMESPACE to another one.",
  });
}

function queueFinding(
  pollers: readonly { readonly identity: string; readonly at: string }[],
  { taskQueue, ms, nowMs }: { readonly taskQueue: string; readonly ms: number; readonly nowMs: number },
): Finding {
  const check = "temporal task queue";
  const fresh = pollers.filter(({ at }) => nowMs - Date.parse(at) < freshMs);
  const workers = [...new Set(fresh.map(({ identity }) => identity))].sort();
  if (workers.length > 0) return { check, state: "ok", ms, found: `${taskQueue}: polled by ${workers.join(", ")}` };
  const last = pollers
    .map(({ at }) => at)
    .sort()
    .at(-1);
  return {
    ...down(check, ms, {
      message: `no worker polls ${taskQueue}`,
      hint: "Start one with `pnpm xnovu worker start`, with the same TEMPORAL_TASK_QUEUE.",
    }),
    ...(last === undefined ? {} : { since: last }),
  };
}
