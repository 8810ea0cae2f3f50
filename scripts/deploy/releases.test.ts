import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Entry, parseAuditLog } from "./audit-log.ts";
import { leftovers } from "./recover.ts";
import { nextId, releasesOf, rollbackTarget, toPrune, unusedReferences } from "./releases.ts";

/** An audit log in short: each line as in `deploy 1>2 live b`. */
const auditLog = (...lines: string[]): Entry[] =>
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
      // Any words pass here; parseAuditLog below validates them.
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
  ["started", ["deploy >1 started"], "1 starting"],
  ["a first one that failed", ["deploy >1 started", "deploy >1 failed port"], "1 failed"],
  ["three", three, "3 live, 2 previous, 1 retired"],
  [
    "one that failed changes nothing",
    [...three, "deploy 3>4 started", "deploy 3>4 failed"],
    "4 failed, 3 live, 2 previous, 1 retired",
  ],
  [
    "one that was killed, and cleaned up",
    [...three, "deploy 3>4 started", "deploy 3>4 interrupted"],
    "4 failed, 3 live, 2 previous, 1 retired",
  ],
  ["rolled back", [...three, "rollback 3>2 started", "rollback 3>2 live b"], "3 retired, 2 live, 1 previous"],
  [
    "rolled back, then deployed: previous is the release that was live then, not the bad one",
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
  ["the first is pruned", [...three, "prune 3>1 pruned"], "3 live, 2 previous, 1 pruned"],
  ["the previous one is pruned: the one before that", [...three, "prune 3>2 pruned"], "3 live, 2 pruned, 1 previous"],
  [
    "a contract migration that 2 and 3 work with",
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
    const text = auditLog(...lines)
      .map((entry) => JSON.stringify(entry))
      .join("\n");
    const found = releasesOf(parseAuditLog(text));
    assert.is(found.all.map(({ id, state }) => `${id} ${state}`).join(", "), states);
    assert.is(nextId(found), found.all.length + 1);
  });

test("the slot of the live release, and an action without an end", () => {
  const found = releasesOf(auditLog(...three, "rollback 3>2 started"));
  assert.equal(found.live, { id: 3, slot: "a" });
  assert.equal([found.unfinished?.action, found.unfinished?.release], ["rollback", 2]);
  assert.is(releasesOf(auditLog(...three)).unfinished, undefined);
});

test("a line that is not an entry is named", () => {
  assert.throws(() => parseAuditLog('{"at":"now"}\n'), /Line 1 of the server's audit log cannot be read/);
  const [entry] = auditLog("deploy >1 started");
  assert.throws(() => parseAuditLog(`${JSON.stringify(entry)}\n\n{"at`), /Line 3/);
});

test("the target of a rollback", () => {
  const target = (wanted: number | undefined, ...lines: string[]) =>
    rollbackTarget(releasesOf(auditLog(...lines)), wanted);
  assert.is(target(undefined, ...three), 2);
  assert.is(target(1, ...three), 1);
  assert.throws(() => target(undefined), /Nothing is deployed here/);
  assert.throws(() => target(undefined, ...three.slice(0, 2)), /no release before r1/);
  assert.throws(() => target(3, ...three), /r3 is live already/);
  assert.throws(() => target(9, ...three), /r9 is not a release/);
  assert.throws(() => target(1, ...three, "prune 3>1 pruned"), /r1 cannot be rolled back to: it is pruned/);
  const contract = [...three.slice(0, 5), "deploy 2>3 migrated 2", "deploy 2>3 live a"];
  assert.throws(() => target(1, ...contract), /removed what releases before r2 use/);
});

test("the oldest releases are pruned, never the live nor the previous one", () => {
  const pruned = (keep: number, ...lines: string[]) => toPrune(releasesOf(auditLog(...lines)), keep);
  const five = [...three, "deploy 3>4 started", "deploy 3>4 live b", "deploy 4>5 started", "deploy 4>5 live a"];
  assert.equal(pruned(5, ...five), []);
  assert.equal(pruned(3, ...five), [2, 1]);
  assert.equal(pruned(2, ...five), [3, 2, 1]);
  assert.equal(pruned(1, ...five), [3, 2, 1]);
  assert.equal(pruned(2, ...five, "rollback 5>2 started", "rollback 5>2 live b"), [5, 4, 3]);
});

test("tags of removed releases, except when a kept one has the image, the tag has moved, or it names no registry", () => {
  const names: Readonly<Record<number, readonly [string, string]>> = {
    1: ["reg/x:1", "id1"],
    2: ["reg/x:2", "id2"],
    3: ["reg/x:3", "id3"],
    4: ["reg/x:4", "id3"],
    5: ["reg/x:5", "id5"],
    6: ["x:6", "id6"],
  };
  const failed = [4, 5, 6].flatMap((id) => [`deploy 3>${id} started`, `deploy 3>${id} failed`]);
  const lines = auditLog(...three, "prune 3>1 pruned", ...failed).map((entry): Entry => {
    const [reference, image] = names[entry.release] ?? [];
    return { ...entry, ...(reference && image ? { reference, image } : {}) };
  });
  const images = ["reg/x:1 id1", "reg/x:2 id2", "reg/x:3 id3", "reg/x:4 id3", "reg/x:5 id9", "x:6 id6"];
  assert.equal(unusedReferences(releasesOf(lines), images), ["reg/x:1"]);
});

test("after a killed command kept releases are stopped, half-started ones removed, the live one stays", () => {
  const container = (release: number, running: boolean) => ({ name: `xnovu-r${release}-app-1`, release, running });
  const found = [container(1, false), container(2, true), container(3, true), container(4, true), container(5, false)];
  const { stop, remove } = leftovers(found, releasesOf(auditLog(...three, "deploy 3>4 started")));
  assert.equal([stop.map(({ release }) => release), remove.map(({ release }) => release)], [[2], [4, 5]]);
});

test.run();
