import { type Env, parse } from "../../../core/config/parse.ts";
import type { Group, Settings } from "../../../core/config/variables.ts";
import { type CheckOutcome, type CheckResult, type Probe, runCheck } from "./check.ts";
import { databaseProbe, failing, novuProbe, serverProbe, supabaseProbe } from "./probes.ts";

export type CheckName = "server" | "database" | "novu" | "supabase";

export interface HealthReport {
  readonly status: "ok" | "error";
  /** `supabase` is there when a Supabase project is configured. */
  readonly checks: Partial<Record<CheckName, CheckResult>>;
}

export type FaultListener = (name: CheckName, outcome: CheckOutcome) => void;

/** Looks at everything the app depends on, at the same time, each under the time limit. Never rejects: bad settings are a check that is down. */
export async function checkHealth(env: Env, onOutcome: FaultListener = () => undefined): Promise<HealthReport> {
  const timeoutMs = timeLimit(env);
  const outcomes = await Promise.all(
    probesFor(env).map(async ([name, probe]) => {
      const outcome = await runCheck(probe, timeoutMs);
      onOutcome(name, outcome);
      return [name, outcome.result] as const;
    }),
  );
  const status = outcomes.every(([, result]) => result.status === "up") ? "ok" : "error";
  return { status, checks: Object.fromEntries(outcomes) };
}

function probesFor(env: Env): [CheckName, Probe][] {
  const probes: [CheckName, Probe][] = [
    // The settings of the app itself belong to the server's own check.
    ["server", withSettings(env, "app", () => serverProbe)],
    ["database", withSettings(env, "database", databaseProbe)],
    ["novu", withSettings(env, "novu", novuProbe)],
  ];
  if (supabaseAsked(env)) probes.push(["supabase", withSettings(env, "supabase", supabaseProbe)]);
  return probes;
}

function withSettings<G extends Group>(env: Env, group: G, probe: (settings: Settings[G]) => Probe): Probe {
  try {
    return probe(parse(env, [group])[group]);
  } catch (error) {
    return failing(error);
  }
}

/** True as well when the setting is there and wrong: its check then says so. */
function supabaseAsked(env: Env): boolean {
  try {
    return parse(env, ["supabase"]).supabase.url !== undefined;
  } catch {
    return true;
  }
}

function timeLimit(env: Env): number {
  try {
    return parse(env, ["app"]).app.healthTimeoutMs;
  } catch {
    return parse({}, ["app"]).app.healthTimeoutMs;
  }
}
