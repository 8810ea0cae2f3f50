import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A relative link of a Markdown file that leads nowhere. */
export interface BrokenLink {
  readonly file: string;
  readonly line: number;
  readonly target: string;
  readonly reason: string;
}

/** Every broken relative link in the given Markdown files. Addresses with a scheme are not requested. */
export function brokenLinks(root: string, files: readonly string[]): BrokenLink[] {
  const anchors = new Map<string, Set<string>>();
  const anchorsOf = (path: string): Set<string> => {
    const known = anchors.get(path) ?? headingAnchors(readFileSync(join(root, path), "utf8"));
    anchors.set(path, known);
    return known;
  };
  return files.flatMap((file) =>
    linksIn(readFileSync(join(root, file), "utf8")).flatMap(({ line, target }) => {
      const reason = reasonBroken(root, file, target, anchorsOf);
      return reason ? [{ file, line, target, reason }] : [];
    }),
  );
}

function reasonBroken(
  root: string,
  file: string,
  target: string,
  anchorsOf: (path: string) => Set<string>,
): string | undefined {
  const [path = "", anchor] = target.split("#");
  const place = path === "" ? file : normalize(join(dirname(file), decodeURIComponent(path)));
  if (place.startsWith("..")) return "it leaves the repository";
  if (!existsSync(join(root, place))) return `there is no ${place}`;
  if (!anchor || !place.endsWith(".md") || statSync(join(root, place)).isDirectory()) return undefined;
  return anchorsOf(place).has(anchor) ? undefined : `${place} has no heading #${anchor}`;
}

/** Relative links in `[text](target)`, `src="target"` and `srcset="target"`. Code blocks and code spans hold examples, not links. */
export function linksIn(markdown: string): { line: number; target: string }[] {
  const pattern = /\]\(\s*<?([^)\s>]+)>?[^)]*\)|\b(?:src|srcset|href)="([^"\s]+)"/g;
  return proseLines(markdown).flatMap(({ line, text }) =>
    [...text.replace(/`[^`]*`/g, "").matchAll(pattern)]
      .map(([, inBrackets, inTag]) => ({ line, target: inBrackets ?? inTag ?? "" }))
      .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)),
  );
}

/** Anchors as GitHub makes them of headings: lower case, punctuation removed, spaces as hyphens, repeats numbered. */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseLines(markdown)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function proseLines(markdown: string): { line: number; text: string }[] {
  let fence: string | undefined;
  return markdown.split("\n").flatMap((text, index) => {
    const mark = /^\s*(```+|~~~+)/.exec(text)?.[1];
    if (mark && fence === undefined) fence = mark;
    else if (mark && fence !== undefined && mark.startsWith(fence)) fence = undefined;
    else if (fence === undefined) return [{ line: index + 1, text }];
    return [];
  });
}
