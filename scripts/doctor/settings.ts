import { type Env, parse } from "../../core/config/parse.ts";
import { type Group, type Settings, type Variable, variables } from "../../core/config/variables.ts";
import { SettingsError } from "../../core/errors.ts";
import { masked } from "../../core/mask.ts";
import type { Audience, Finding } from "./finding.ts";

export interface SettingLine {
  readonly name: string;
  readonly group: Group;
  /** Masked when it is a secret; null when unset. */
  readonly value: string | null;
  readonly from: "environment" | "file" | "default" | "unset";
  readonly problem?: string;
}

export interface SettingsReport {
  readonly lines: readonly SettingLine[];
  /** Groups without a problem. */
  readonly good: { readonly [G in Group]?: Settings[G] };
}

const groupsOf: Readonly<Record<Audience, readonly Group[]>> = {
  app: ["general", "app", "novu", "database", "supabase", "tracing"],
  worker: ["general", "novu", "database", "temporal", "worker", "tracing"],
  all: ["general", "app", "novu", "database", "supabase", "temporal", "worker", "tracing"],
};

/** Reads every setting of an audience. A problem in one group leaves the others readable. */
export function readSettings(env: Env, audience: Audience): SettingsReport {
  const lines: SettingLine[] = [];
  const good: { [G in Group]?: Settings[G] } = {};
  for (const group of groupsOf[audience]) {
    const problems = readGroup(env, group, good);
    for (const variable of Object.values<Variable<unknown>>(variables[group]))
      lines.push({ group, ...lineOf(env, variable, problems) });
  }
  return { lines, good };
}

function readGroup<G extends Group>(env: Env, group: G, good: { [N in G]?: Settings[N] }): readonly string[] {
  try {
    good[group] = parse(env, [group])[group];
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

function lineOf(env: Env, variable: Variable<unknown>, problems: readonly string[]): Omit<SettingLine, "group"> {
  const { env: name, secret, fallback } = variable;
  const direct = env[name]?.trim() || undefined;
  const file = secret === true && env[`${name}_FILE`]?.trim() ? masked : undefined;
  const value = direct ?? file ?? fallback;
  const from =
    direct !== undefined ? "environment" : file !== undefined ? "file" : fallback !== undefined ? "default" : "unset";
  // Each problem begins with the name of its setting.
  const problem = problems.find((line) => [name, `${name}_FILE`].includes(line.split(" ", 1)[0] ?? ""));
  return {
    name,
    value: value === undefined ? null : secret ? masked : value,
    from,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** One finding for each bad setting, or one that says all are fine; then warnings about valid settings that look like mistakes. */
export function settingsFindings({ lines, good }: SettingsReport): Finding[] {
  const bad = lines.flatMap(({ name, problem }): Finding[] =>
    problem === undefined
      ? []
      : [
          {
            check: `setting ${name}`,
            state: "bad",
            found: problem,
            todo: "Set it in the environment or in .env; .env.example lists every setting.",
          },
        ],
  );
  const count = (from: SettingLine["from"]) => lines.filter((line) => line.from === from).length;
  const fine: Finding = {
    check: "settings",
    state: "ok",
    found: `${lines.length} read: ${count("environment")} set, ${count("file")} from files, ${count("default")} by default`,
  };
  return [...(bad.length > 0 ? bad : [fine]), ...likelyMistakes(good)];
}

function likelyMistakes({ temporal, supabase }: SettingsReport["good"]): Finding[] {
  const findings: Finding[] = [];
  const warn = (name: string, found: string, todo: string) =>
    findings.push({ check: `setting ${name}`, state: "warn", found, todo });
  if (temporal !== undefined && (temporal.tlsCert === undefined) !== (temporal.tlsKey === undefined))
    warn(
      "TEMPORAL_TLS_CERT",
      "only one of client certificate and key is set, so neither is used",
      "Set both TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY, or neither.",
    );
  if (temporal?.apiKey !== undefined && temporal.tls === false)
    warn("TEMPORAL_TLS", "the API key crosses the network unencrypted", "Remove TEMPORAL_TLS=false.");
  if (supabase?.serviceRoleKey !== undefined && supabase.url === undefined)
    warn("NEXT_PUBLIC_SUPABASE_URL", "a service role key is set, but no project address", "Set both, or neither.");
  return findings;
}
