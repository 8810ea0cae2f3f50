/** An operation of RFC 6902, as far as kustomize patches need them. */
export type Operation =
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown };

/** The operations that turn one value into the other. @throws Error when a list got shorter. */
export function jsonPatch(before: unknown, after: unknown, path = ""): Operation[] {
  if (Array.isArray(before) && Array.isArray(after)) return listPatch(before, after, path);
  if (!isTree(before) || !isTree(after)) return before === after ? [] : [{ op: "replace", path, value: after }];
  const [old, current] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((key): Operation[] => {
    const place = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!current.has(key)) return [{ op: "remove", path: place }];
    if (!old.has(key)) return [{ op: "add", path: place, value: current.get(key) }];
    return jsonPatch(old.get(key), current.get(key), place);
  });
}

function listPatch(before: readonly unknown[], after: readonly unknown[], path: string): Operation[] {
  if (after.length < before.length) throw new Error(`${path}: a component may not take entries out of a list`);
  return after.flatMap((value, index) =>
    index < before.length
      ? jsonPatch(before[index], value, `${path}/${index}`)
      : [{ op: "add" as const, path: `${path}/-`, value }],
  );
}

const isTree = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
