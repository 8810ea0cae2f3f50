import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Entry, parseJournal } from "./journal.ts";
import { leftovers } from "./recover.ts";
import { nextId, releasesOf, rollbackTarget, toPrune, unusedReferences } from "./releases.ts";

/** `deploy 1>2 live b`: a journal in short. */
const journal = (...lines: string[]): Entry[] =>
  lines.map((line, index) => {
    const [action = "", way = "", outcome = "", more] = line.split(" ");
    const [from = "", release = ""] = way.split(">");
    return {
      at: new Date(index * 1000).toISOString(),
      by: "ada@desk",
      release: Number(release),
      from: from === "" ? null : Number(from),
      ...(outcome === "live" ? { slot: more === "b" ? "b" : "a" } : {}),
      ...(outcome === "migrated" ? { oldest: Number(more) } : {}),
      ...(outcome === "failed" && more ? { reason: more } : {}),
      // The words are the test's own; parseJournal below holds them to the shape.
      ...({ action, outcome } as Pick<Entry, "action" | "outcome">),
    };
  });

const three = [
  "deploy >1 started",
  "deploy >1 live a",
  "deploy 1>2 started",
  "deploy 1>2 live b",
  "deploy 2>3 started",
  "deploy 2>3 live a",
];
const cases: readonly (readonly [what: string, lines: readonly string[], states: string])[] = [
  ["nothing yet", [], ""],
  ["begun", ["deploy >1 started"], "1 starting"],
  ["a first one that failed", ["deploy >1 started", "deploy >1 failed port"], "1 failed"],
  ["three", three, "3 live, 2 previous, 1 retired"],
  [
    "one that failed changes nothing",
    [...three, "deploy 3>4 started", "deploy 3>4 failed"],
    "4 failed, 3 live, 2 previous, 1 retired",
  ],
  [
    "one that was killed, and found",
    [...three, "deploy 3>4 started", "deploy 3>4 interrupted"],
    "4 failed, 3 live, 2 previous, 1 retired",
  ],
  ["rolled back", [...three, "rollback 3>2 started", "rollback 3>2 live b"], "3 retired, 2 live, 1 previous"],
  [
    "rolled back, then deployed: back means the one that was live then, not the one that was bad",
    [...three, "rollback 3>2 started", "rollback 3>2 live b", "deploy 2>4 started", "deploy 2>4 live a"],
    "4 live, 3 retired, 2 previous, 1 retired",
  ],
  [
    "a rollback that failed",
    [...three, "rollback 3>2 started", "rollback 3>2 failed"],
    "3 live, 2 previous, 1 retired",
  ],
  [
    "forward again",
    [...three, "rollback 3>2 started", "rollback 3>2 live b", "rollback 2>3 started", "rollback 2>3 live a"],
    "3 live, 2 previous, 1 retired",
  ],
  ["the first is gone", [...three, "prune 3>1 pruned"], "3 live, 2 previous, 1 pruned"],
  ["the one before is gone: the one before that", [...three, "prune 3>2 pruned"], "3 live, 2 pruned, 1 previous"],
  [
    "a contract that 2 and 3 meet",
    [...three.slice(0, 5), "deploy 2>3 migrated 2", "deploy 2>3 live a"],
    "3 live, 2 previous, 1 retired",
  ],
  [
    "a migration that breaks all before 3",
    [...three.slice(0, 5), "deploy 2>3 migrated 3", "deploy 2>3 live a"],
    "3 live, 2 retired, 1 retired",
  ],
];
for (const [what, lines, states] of cases)
  test(`releases: ${what}`, () => {
    const text = journal(...lines)
      .map((entry) => JSON.stringify(entry))
      .join("\n");
    const found = releasesOf(parseJournal(text));
    assert.is(found.all.map(({ id, state }) => `${id} ${state}`).join(", "), states);
    assert.is(nextId(found), found.all.length + 1);
  });

test("where what is live stands at the edge, and what has no end yet", () => {
  const found = releasesOf(journal(...three, "rollback 3>2 started"));
  assert.equal(found.live, { id: 3, slot: "a" });
  assert.equal([found.unfinished?.action, found.unfinished?.release], ["rollback", 2]);
  assert.is(releasesOf(journal(...three)).unfinished, undefined);
});

test("a line that is none of a journal is named", () => {
  assert.throws(() => parseJournal('{"at":"now"}\n'), /Line 1 of the server's journal cannot be read/);
  const [entry] = journal("deploy >1 started");
  assert.throws(() => parseJournal(`${JSON.stringify(entry)}\n\n{"at`), /Line 3/);
});

test("where a rollback goes", () => {
  const target = (asked: number | undefined, ...lines: string[]) =>
    rollbackTarget(releasesOf(journal(...lines)), asked);
  assert.is(target(undefined, ...three), 2);
  assert.is(target(1, ...three), 1);
  assert.throws(() => target(undefined), /Nothing is deployed here/);
  assert.throws(() => target(undefined, ...three.slice(0, 2)), /no release before r1/);
  assert.throws(() => target(3, ...three), /r3 is live already/);
  assert.throws(() => target(9, ...three), /r9 is no release/);
  assert.throws(() => target(1, ...three, "prune 3>1 pruned"), /r1 cannot be gone back to: it is pruned/);
  const contract = [...three.slice(0, 5), "deploy 2>3 migrated 2", "deploy 2>3 live a"];
  assert.throws(() => target(1, ...contract), /took away what releases before r2 use/);
});

test("what is pruned: the oldest, never the live one nor the one that rollback goes to", () => {
  const pruned = (keep: number, ...lines: string[]) => toPrune(releasesOf(journal(...lines)), keep);
  const five = [...three, "deploy 3>4 started", "deploy 3>4 live b", "deploy 4>5 started", "deploy 4>5 live a"];
  assert.equal(pruned(5, ...five), []);
  assert.equal(pruned(3, ...five), [2, 1]);
  assert.equal(pruned(2, ...five), [3, 2, 1]);
  assert.equal(pruned(1, ...five), [3, 2, 1]);
  assert.equal(pruned(2, ...five, "rollback 5>2 started", "rollback 5>2 live b"), [5, 4, 3]);
});

test("the tags of releases that are gone, unless a kept one has the image, the tag has moved on, or it is no registry's", () => {
  const names: Readonly<Record<number, readonly [string, string]>> = {
    1: ["reg/x:1", "id1"],
    2: ["reg/x:2", "id2"],
    3: ["reg/x:3", "id3"],
    4: ["reg/x:4", "id3"],
    5: ["reg/x:5", "id5"],
    6: ["x:6", "id6"],
  };
  const failed = [4, 5, 6].flatMap((id) => [`deploy 3>${id} started`, `deploy 3>${id} failed`]);
  const lines = journal(...three, "prune 3>1 pruned", ...failed).map((entry): Entry => {
    const [reference, image] = names[entry.release] ?? [];
    return { ...entry, ...(reference && image ? { reference, image } : {}) };
  });
  const images = ["reg/x:1 id1", "reg/x:2 id2", "reg/x:3 id3", "reg/x:4 id3", "reg/x:5 id9", "x:6 id6"];
  assert.equal(unusedReferences(releasesOf(lines), images), ["reg/x:1"]);
});

test("what a killed command left: kept ones are stopped, half-made ones go, what is live stays", () => {
  const container = (release: number, running: boolean) => ({ name: `xnovu-r${release}-app-1`, release, running });
  const found = [container(1, false), container(2, true), container(3, true), container(4, true), container(5, false)];
  const { stop, remove } = leftovers(found, releasesOf(journal(...three, "deploy 3>4 started")));
  assert.equal([stop.map(({ release }) => release), remove.map(({ release }) => release)], [[2], [4, 5]]);
});

test.run();
