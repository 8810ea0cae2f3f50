import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { slowFiles, usualS } from "./slow-files.ts";

const skipped = new Set(["node_modules", ".next", ".xnovu", "dist", ".git", "coverage"]);

/** Every `*.test.ts` below `root` as a relative path with forward slashes, narrowed to the given paths or parts of paths. */
export function findTestFiles(root: string, patterns: readonly string[]): string[] {
  const all = walk(root)
    .map((path) => relative(root, path).split(sep).join("/"))
    .sort();
  if (patterns.length === 0) return all;
  const wanted = patterns.map((pattern) => relative(root, resolve(root, pattern)).split(sep).join("/"));
  return all.filter((path) => patterns.some((p, i) => path.includes(p) || path === wanted[i]));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(path);
    return entry.name.endsWith(".test.ts") ? [path] : [];
  });
}

/** Longest first, so that a slow file does not start last and alone. */
export function longestFirst(files: readonly string[], milliseconds: Readonly<Record<string, number>>): string[] {
  const of = (file: string) => milliseconds[file] ?? (slowFiles[file] ?? usualS) * 1_000;
  return [...files].sort((a, b) => of(b) - of(a));
}

/** Seconds that a file asks for by a line such as `// time limit: 400 s` near its top; undefined when it asks for none. */
export function ownTimeLimit(root: string, file: string): number | undefined {
  const found = /^\/\/ time limit: (\d{1,4}) s/m.exec(readFileSync(join(root, file), "utf8").slice(0, 2_000));
  return found ? Number(found[1]) : undefined;
}
