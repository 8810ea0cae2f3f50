import { readFileSync } from "node:fs";
import { messageOf, SettingsError } from "../errors.ts";
import { masked } from "../mask.ts";
import { pairs, pairsOf } from "./kinds.ts";
import { type Group, type Settings, type Variable, variables } from "./variables.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Environment in, frozen settings out. It reads only the given groups, and reports every problem in them at once.
 * An empty value counts as unset: compose passes `${NAME}` as an empty text. `<NAME>_FILE` names a file that holds a secret.
 *
 * @throws SettingsError with one line per problem; no line shows the value of a secret.
 */
export function parse<G extends Group>(
  env: Env,
  groups: readonly G[],
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Pick<Settings, G> {
  const problems: string[] = [];
  const read = (group: Group) => {
    const entries = Object.entries<Variable<unknown>>(variables[group]);
    return Object.freeze(Object.fromEntries(entries.map(([name, v]) => [name, readOne(env, v, readFile, problems)])));
  };
  const settings = Object.fromEntries(groups.map((group) => [group, read(group)]));
  if (problems.length > 0) throw new SettingsError(problems);
  // Built from the same table that the type is derived from, group by group.
  return Object.freeze(settings) as Pick<Settings, G>;
}

function readOne(
  env: Env,
  variable: Variable<unknown>,
  readFile: (path: string) => string,
  problems: string[],
): unknown {
  const raw = rawValue(env, variable, readFile, problems);
  if (raw === "invalid") return undefined;
  if (raw.value === undefined) {
    if (variable.required) problems.push(`${variable.env} is missing: ${variable.about}`);
    return undefined;
  }
  const result = variable.kind.safeParse(raw.value);
  if (result.success) return result.data;
  const shown = variable.secret ? masked : JSON.stringify(raw.value);
  problems.push(`${variable.env} is ${result.error.issues[0]?.message ?? "not valid"} (it is ${shown})`);
  return undefined;
}

function rawValue(env: Env, variable: Variable<unknown>, readFile: (path: string) => string, problems: string[]) {
  const named = (name: string | undefined) => (name === undefined ? undefined : env[name]?.trim() || undefined);
  const direct = named(variable.env) ?? named(variable.formerly);
  const file = variable.secret ? env[`${variable.env}_FILE`]?.trim() || undefined : undefined;
  if (file === undefined) return { value: direct ?? variable.fallback };
  if (direct !== undefined) {
    problems.push(`${variable.env} and ${variable.env}_FILE are both set: keep one`);
    return "invalid" as const;
  }
  try {
    return { value: readFile(file).trim() || undefined };
  } catch (error) {
    problems.push(`${variable.env}_FILE names a file that cannot be read: ${messageOf(error)}`);
    return "invalid" as const;
  }
}

/** The values of every secret that is set, for masking what libraries print. A connection string counts by its password too. */
export function secretsOf(
  env: Env,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): string[] {
  const secrets: string[] = [];
  for (const group of Object.values(variables))
    for (const variable of Object.values<Variable<unknown>>(group)) {
      if (!variable.secret) continue;
      const raw = rawValue(env, variable, readFile, []);
      if (raw === "invalid" || raw.value === undefined) continue;
      secrets.push(raw.value, ...passwordOf(raw.value), ...(variable.kind === pairs ? credentialsOf(raw.value) : []));
    }
  return secrets;
}

/** Of a list of headers: each value, and without the scheme before it (`Bearer`). */
function credentialsOf(value: string): string[] {
  if (!pairs.safeParse(value).success) return [];
  return pairsOf(value).flatMap(([, text]) => [text, ...text.split(" ").slice(-1)]);
}

function passwordOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  if (!password) return [];
  try {
    return [...new Set([password, decodeURIComponent(password)])];
  } catch {
    return [password]; // a lone % : masking must work before, and although, the value is refused
  }
}
