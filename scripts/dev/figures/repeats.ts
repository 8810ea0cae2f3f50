import { isCode, type Tree } from "./tree.ts";

/** Lines that a run needs to count. */
const runLength = 6;
/** A run in more places than this is a common shape, such as the head of a test file. */
const placesLimit = 8;

interface Line {
  readonly number: number;
  readonly text: string;
}

export interface Repeat {
  readonly a: string;
  readonly b: string;
  readonly lines: number;
}

/** Pairs of places that share six or more code lines to the letter, white space aside. Comments, imports and lone punctuation do not count. */
export function repeats(tree: Tree): Repeat[] {
  const code = tree.files.filter(isCode).map((file) => ({ file, lines: codeLines(tree.read(file)) }));
  const places = new Map<string, { file: number; start: number }[]>();
  code.forEach(({ lines }, file) => {
    for (let start = 0; start + runLength <= lines.length; start++) {
      const key = lines
        .slice(start, start + runLength)
        .map(({ text }) => text)
        .join("\n");
      places.set(key, [...(places.get(key) ?? []), { file, start }]);
    }
  });
  const starts = new Set<string>();
  for (const [, found] of places)
    if (found.length > 1 && found.length <= placesLimit)
      found.forEach((a, index) => {
        for (const b of found.slice(index + 1)) starts.add(`${a.file} ${a.start} ${b.file} ${b.start}`);
      });
  return [...starts].flatMap((pair) => {
    const [a = 0, atA = 0, b = 0, atB = 0] = pair.split(" ").map(Number);
    // The middle of a longer run: its first line reports it.
    if (starts.has(`${a} ${atA - 1} ${b} ${atB - 1}`)) return [];
    let steps = 0;
    while (starts.has(`${a} ${atA + steps + 1} ${b} ${atB + steps + 1}`)) steps++;
    const at = (index: number, line: number) => `${code[index]?.file}:${code[index]?.lines[line]?.number}`;
    return [{ a: at(a, atA), b: at(b, atB), lines: runLength + steps }];
  });
}

function codeLines(text: string): Line[] {
  return text
    .split("\n")
    .map((line, index) => ({ number: index + 1, text: line.trim().replace(/\s+/g, " ") }))
    .filter(({ text: line }) => /\w/.test(line) && !/^(\/\/|\/?\*|--|import\b|export \* |\} from )/.test(line));
}
