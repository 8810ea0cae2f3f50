import { type Variable, variables } from "../../../core/config/variables.ts";
import { at, listAt, type Manifest, nameOf, ofKind, podMakers, podOf } from "./manifest.ts";

const known: ReadonlyMap<string, Variable<unknown>> = new Map(
  Object.values(variables)
    .flatMap((group) => Object.values<Variable<unknown>>(group))
    .map((variable) => [variable.env, variable]),
);

/** Next reads these itself. */
const foreign = new Set(["HOSTNAME"]);

/** Settings that the program does not know or refuses, and secrets in plain text. One line each, with the fix. */
export function settingErrors(manifests: readonly Manifest[]): string[] {
  return [
    ...ofKind(manifests, "ConfigMap").flatMap((map) =>
      Object.entries(Object(at(map, "data"))).flatMap(([name, value]) => valueErrors(nameOf(map), name, String(value))),
    ),
    ...podMakers(manifests).flatMap((maker) =>
      [...listAt(podOf(maker), "initContainers"), ...listAt(podOf(maker), "containers")].flatMap((container) =>
        listAt(container, "env").flatMap((entry) => entryErrors(nameOf(maker), container, entry)),
      ),
    ),
  ];
}

/** Errors of a setting that comes from a vault. */
export const secretErrors = (place: string, name: string): string[] =>
  known.get(name)?.secret ? [] : [`${place}: ${name} is not a secret setting; .env.example lists them`];

/** Errors of one plain setting, according to core/config/variables.ts. */
export function valueErrors(place: string, name: string, value: string): string[] {
  if (foreign.has(name)) return [];
  const variable = known.get(name);
  if (variable === undefined) return [`${place}: there is no setting ${name}; .env.example lists them`];
  if (variable.secret) return [`${place}: ${name} is secret: put it in a Secret and name its file by ${name}_FILE`];
  const { error } = variable.kind.safeParse(value);
  return error
    ? [`${place}: ${name} is ${error.issues[0]?.message ?? "not valid"} (it is ${JSON.stringify(value)})`]
    : [];
}

function entryErrors(place: string, container: unknown, entry: unknown): string[] {
  const [name, value] = [String(at(entry, "name")), String(at(entry, "value"))];
  const secret = name.endsWith("_FILE") ? known.get(name.slice(0, -"_FILE".length)) : undefined;
  if (!secret?.secret) return valueErrors(place, name, value);
  const mounts = listAt(container, "volumeMounts").map((mount) => `${at(mount, "mountPath")}/`);
  if (!mounts.some((mount) => value.startsWith(mount)))
    return [`${place}: ${name} names ${value}, but no volume is mounted there`];
  return [];
}

/** The program's default of a setting. @throws Error when there is no such setting with a default. */
export function defaultOf(name: string): string {
  const fallback = known.get(name)?.fallback;
  if (fallback === undefined) throw new Error(`${name} has no default in core/config/variables.ts`);
  return fallback;
}
