import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scannedFiles, unscannedFiles, type Word, wordList } from "./words.ts";

export interface Hit {
  readonly file: string;
  readonly line: number;
  readonly found: string;
  readonly word: Word;
}

/** How often the whole tree may still use a word, by its id. Counted for the tree, so that a moved file changes nothing. */
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

/** `claimSize` and `claim_size` become `claim Size` and `claim size`, so that words inside names are found. */
const splitNames = (line: string): string => line.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ");

/** Hits by the id of their word. */
export function countByWord(hits: readonly Hit[]): Baseline {
  const counts = new Map<string, number>();
  for (const { word } of hits) counts.set(word.id, (counts.get(word.id) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Hits of words that are used more often than the baseline allows. */
export function hitsBeyond(baseline: Baseline, hits: readonly Hit[]): Hit[] {
  const counts = countByWord(hits);
  return hits.filter(({ word }) => (counts[word.id] ?? 0) > (baseline[word.id] ?? 0));
}
