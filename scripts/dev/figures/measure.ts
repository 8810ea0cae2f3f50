import { hitsIn, isScanned } from "../word-count.ts";
import { functionLengths, quantile } from "./functions.ts";
import { repeats } from "./repeats.ts";
import { isProgram, isTest, type Tree } from "./tree.ts";

/** Types that say how a call, an event, a recipient or a notification ended. */
const outcomeTypes = [
  "CallReply",
  "EventReply",
  "EventOutcome",
  "EventEnd",
  "Ending",
  "Settlement",
  "RecipientOutcome",
  "Delivered",
  "Written",
  "Outcome",
];

/** Everything that `make figures` prints. Keys are the names of the rows. */
export type Figures = Readonly<Record<string, number>>;

export interface Measured {
  readonly figures: Figures;
  /** Places that a reader may want to look up, such as the longest functions. */
  readonly details: Readonly<Record<string, readonly string[]>>;
}

export function measure(tree: Tree): Measured {
  const hits = tree.files.filter(isScanned).flatMap((file) => hitsIn(file, tree.read(file)));
  const functions = functionLengths(tree);
  const lengths = functions.map(({ lines }) => lines).reverse();
  const types = typesIn(tree);
  const same = repeats(tree);
  return {
    figures: {
      "words of the list": hits.length,
      ...byWord(hits.map(({ word }) => word.id)),
      ...linesByFolder(tree),
      functions: functions.length,
      "function lines, p50": quantile(lengths, 0.5),
      "function lines, p90": quantile(lengths, 0.9),
      "function lines, max": lengths.at(-1) ?? 0,
      "functions above 60 lines": lengths.filter((lines) => lines > 60).length,
      "files in the root": tree.files.filter((file) => !file.includes("/")).length,
      "outcome types": types.length,
      "repeats of 6 lines or more": same.length,
      "repeats without tests": same.filter(({ a, b }) => !isTest(placeFile(a)) && !isTest(placeFile(b))).length,
      "words of docs": wordsOfDocs(tree, false),
      "words of docs, generated": wordsOfDocs(tree, true),
    },
    details: {
      "longest functions": functions.slice(0, 10).map(({ lines, name, place }) => `${lines} ${name} ${place}`),
      "outcome types": types,
    },
  };
}

const placeFile = (place: string): string => place.replace(/:\d+$/, "");

function byWord(ids: readonly string[]): Figures {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a).map(([id, count]) => [`  "${id}"`, count]));
}

/** Lines of TypeScript, JavaScript and SQL by top-level folder, tests apart. */
function linesByFolder(tree: Tree): Figures {
  const counts = new Map<string, number>();
  for (const file of tree.files.filter((path) => isProgram(path) || path.endsWith(".sql"))) {
    const folder = file.includes("/") ? (file.split("/")[0] ?? "") : "(root)";
    const key = `lines, ${folder}${isTest(file) && !/^(test|bench)$/.test(folder) ? ", tests" : ""}`;
    counts.set(key, (counts.get(key) ?? 0) + tree.read(file).split("\n").length - 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function typesIn(tree: Tree): string[] {
  const pattern = new RegExp(`^(?:export )?(?:type|interface) (${outcomeTypes.join("|")})\\b`, "gm");
  return tree.files
    .filter((file) => /^(core|novu|outbox|worker)\//.test(file) && isProgram(file) && !isTest(file))
    .flatMap((file) => [...tree.read(file).matchAll(pattern)].map(([, name]) => `${name} ${file}`));
}

/** A generated page says so in a comment near its head. */
function wordsOfDocs(tree: Tree, generated: boolean): number {
  return tree.files
    .filter((file) => file.endsWith(".md"))
    .map((file) => tree.read(file))
    .filter((text) => /<!-- (Generated|Made) (by|from)/.test(text.slice(0, 500)) === generated)
    .reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
}
