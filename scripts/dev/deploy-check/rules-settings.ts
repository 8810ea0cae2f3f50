import { type Variable, variables } from "../../../core/config/variables.ts";
import { at, listAt, type Manifest, nameOf, ofKind, podMakers, podOf } from "./manifest.ts";

const known: ReadonlyMap<string, Variable<unknown>> = new Map(
  Object.values(variables)
    .flatMap((group) => Object.values<Variable<unknown>>(group))
    .map((variable) => [variable.env, variable]),
);

/** Read by Next itself. */
const foreign = new Set(["HOSTNAME"]);

/** Settings that the program would not know, would refuse, or that are secret and lie open. One line each, with what to do. */
export function settingFaults(manifests: readonly Manifest[]): string[] {
  return [
    ...ofKind(manifests, "ConfigMap").flatMap((map) =>
      Object.entries(Object(at(map, "data"))).flatMap(([name, value]) => valueFaults(nameOf(map), name, String(value))),
    ),
    ...podMakers(manifests).flatMap((maker) =>
      [...listAt(podOf(maker), "initContainers"), ...listAt(podOf(maker), "containers")].flatMap((container) =>
        listAt(container, "env").flatMap((entry) => entryFaults(nameOf(maker), container, entry)),
      ),
    ),
  ];
}

/** What is wrong with a setting that comes from a vault. */
export const secretFaults = (place: string, name: string): string[] =>
  known.get(name)?.secret ? [] : [`${place}: ${name} is no secret setting; .env.example lists them`];

/** What is wrong with one plain setting, by core/config/variables.ts. */
export function valueFaults(place: string, name: string, value: string): string[] {
  if (foreign.has(name)) return [];
  const variable = known.get(name);
  if (variable === undefined) return [`${place}: no setting is called ${name}; .env.example lists them`];
  if (variable.secret) return [`${place}: ${name} is secret: put it in a Secret and name its file by ${name}_FILE`];
  const { error } = variable.kind.safeParse(value);
  return error
    ? [`${place}: ${name} is ${error.issues[0]?.message ?? "not valid"} (it is ${JSON.stringify(value)})`]
    : [];
}

function entryFaults(place: string, container: unknown, entry: unknown): string[] {
  const [name, value] = [String(at(entry, "name")), String(at(entry, "value"))];
  const secret = name.endsWith("_FILE") ? known.get(name.slice(0, -"_FILE".length)) : undefined;
  if (!secret?.secret) return valueFaults(place, name, value);
  const mounts = listAt(container, "volumeMounts").map((mount) => `${at(mount, "mountPath")}/`);
  if (!mounts.some((mount) => value.startsWith(mount)))
    return [`${place}: ${name} names ${value}, where nothing is mounted`];
  return [];
}

/** The default of a setting as the program has it. @throws Error when there is no such setting with a default. */
export function defaultOf(name: string): string {
  const fallback = known.get(name)?.fallback;
  if (fallback === undefined) throw new Error(`${name} has no default in core/config/variables.ts`);
  return fallback;
}
