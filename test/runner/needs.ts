import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Sources below `root`, each with the sources that it imports by a relative path; read once. */
const graph = new Map<string, readonly string[]>();

function importsOf(root: string, file: string): readonly string[] {
  const path = join(root, file);
  const known = graph.get(path);
  if (known !== undefined) return known;
  const found = [...readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) =>
    name.startsWith(".") ? join(dirname(file), name) : name,
  );
  graph.set(path, found);
  return found;
}

/** Whether `file` imports what matches, itself or through what it imports. */
function reaches(root: string, file: string, wanted: RegExp, seen: Set<string> = new Set([file])): boolean {
  return importsOf(root, file).some((name) => {
    if (wanted.test(name)) return true;
    if (seen.has(name) || !/\.(ts|tsx|mjs)$/.test(name) || !existsSync(join(root, name))) return false;
    seen.add(name);
    return reaches(root, name, wanted, seen);
  });
}

const shared = /^test\/support\/(database|temporal)\.ts$/;
const engine = /^test\/support\/engine\.ts$|test-engine\/docker-tools/;
const servers =
  /^local\/(postgres|temporal|chromium|prometheus)|^test\/support\/(app|stack|next-worker|compiled-worker)\.ts$|^@xnovu\/test-engine|^packages\/test-engine\//;

/** Whether a file needs the Postgres and the Temporal server that are started once for all files. */
export const wantsServers = (root: string, file: string): boolean => reaches(root, file, shared);

/** Whether a file needs the Docker engine, or the tools that are built with it. */
export const wantsEngine = (root: string, file: string): boolean => reaches(root, file, engine);

/** Whether a file starts nothing heavier than a Node process: no server, browser or engine. */
export const isUnit = (root: string, file: string): boolean =>
  !file.startsWith("packages/test-engine/") && !reaches(root, file, servers);
