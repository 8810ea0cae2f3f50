import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scannedFiles, unscannedFiles, type Word, wordList } from "./words.ts";

export interface Hit {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly word: Word;
}

/** How often each file uses words of the list. Files without any are left out. */
export type Baseline = Readonly<Record<string, number>>;

/** A line with this comment may use any word: for the few places that have to name an old one. */
const exemption = "words: allow";

const compiled = wordList.map((word) => ({ word, pattern: new RegExp(`\\b(?:${word.pattern})\\b`, "gi") }));
/** Most lines hold no word at all: one test instead of one for each word. */
const any = new RegExp(wordList.map(({ pattern }) => `\\b(?:${pattern})\\b`).join("|"), "i");

export const isScanned = (path: string): boolean => scannedFiles.test(path) && !unscannedFiles.test(path);

export function hitsInFiles(root: string, files: readonly string[]): Hit[] {
  return files.filter(isScanned).flatMap((file) => hitsIn(file, readFileSync(join(root, file), "utf8")));
}

export function hitsIn(file: string, text: string): Hit[] {
  return text.split("\n").flatMap((original, index) => {
    const line = splitNames(original);
    if (!any.test(line) || original.includes(exemption)) return [];
    return compiled.flatMap(({ word, pattern }) => {
      if ((word.only && !word.only.test(file)) || word.except?.test(file)) return [];
      const rest = word.allow ? line.replace(word.allow, "") : line;
      return (rest.match(pattern) ?? []).map((found) => ({ file, line: index + 1, found, word }));
    });
  });
}

/** `sendingGate` and `sending_gate` become `sending Gate` and `sending gate`, so that words inside names are found. */
const splitNames = (line: string): string => line.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ");

export function countByFile(hits: readonly Hit[]): Baseline {
  const counts = new Map<string, number>();
  for (const { file } of hits) counts.set(file, (counts.get(file) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Hits in files that use more words of the list than the baseline allows them. */
export function hitsBeyond(baseline: Baseline, hits: readonly Hit[]): Hit[] {
  const counts = countByFile(hits);
  return hits.filter(({ file }) => (counts[file] ?? 0) > (baseline[file] ?? 0));
}
