import { type Env, parse } from "../../../core/config/parse.ts";
import type { Group, Settings } from "../../../core/config/variables.ts";
import type { Category } from "../../../core/diagnosis/category.ts";
import type { Diagnosis } from "../../../core/diagnosis/diagnosis.ts";
import { measure } from "../../../core/diagnosis/measure.ts";
import { type Dependency, database, notConfigured, novu, server, supabase } from "./dependencies.ts";

export type CheckName = "server" | "database" | "novu" | "supabase";

/** The result of one check, as the public health endpoint shows it. */
export interface CheckResult {
  readonly status: "up" | "down";
  readonly latencyMs: number;
  /** Why it is down: a category, which holds no addresses and no secrets. */
  readonly error?: Category;
}

export interface HealthReport {
  readonly status: "ok" | "error";
  /** `supabase` is present when a Supabase project is configured. */
  readonly checks: Partial<Record<CheckName, CheckResult>>;
}

/** Receives the result of each check: the diagnosis when it is down. */
export type OnResult = (name: CheckName, diagnosis: Diagnosis | undefined) => void;

/** Checks everything the app depends on, at the same time, each under the time limit. Never rejects: with bad settings the check is down. */
export async function checkHealth(env: Env, onResult: OnResult = () => undefined): Promise<HealthReport> {
  const timeoutMs = timeLimit(env);
  const checks = await Promise.all(
    dependenciesOf(env).map(async ([name, dependency]) => {
      const [result, diagnosis] = await check(dependency, timeoutMs);
      onResult(name, diagnosis);
      return [name, result] as const;
    }),
  );
  const status = checks.every(([, result]) => result.status === "up") ? "ok" : "error";
  return { status, checks: Object.fromEntries(checks) };
}

async function check({ query, diagnose }: Dependency, timeoutMs: number): Promise<[CheckResult, Diagnosis?]> {
  const measured = await measure(query, timeoutMs);
  if (measured.ok) return [{ status: "up", latencyMs: measured.ms }];
  const diagnosis = diagnose(measured.error);
  return [{ status: "down", latencyMs: measured.ms, error: diagnosis.category }, diagnosis];
}

function dependenciesOf(env: Env): [CheckName, Dependency][] {
  const dependencies: [CheckName, Dependency][] = [
    // A bad setting of the app itself makes the server's check fail.
    ["server", withSettings(env, "app", () => server)],
    ["database", withSettings(env, "database", database)],
    ["novu", withSettings(env, "novu", novu)],
  ];
  if (isSupabaseConfigured(env)) dependencies.push(["supabase", withSettings(env, "supabase", supabase)]);
  return dependencies;
}

function withSettings<G extends Group>(env: Env, group: G, make: (settings: Settings[G]) => Dependency): Dependency {
  try {
    return make(parse(env, [group])[group]);
  } catch (error) {
    return notConfigured(error);
  }
}

/** Also true when the setting is present but bad: the check then fails and says so. */
function isSupabaseConfigured(env: Env): boolean {
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
