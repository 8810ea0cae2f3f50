import { test } from "uvu";
import * as assert from "uvu/assert";
import { hitsBeyond, hitsIn, isScanned } from "./word-count.ts";
import { wordList } from "./words.ts";

const found = (text: string, file = "core/a.ts") => hitsIn(file, text).map(({ word, line }) => `${line} ${word.id}`);

const cases: readonly (readonly [string, readonly string[]])[] = [
  ["// the lane is open", ["1 lane"]],
  ["const sendingGate = 1;", ["1 gate"]],
  ["\nSELECT sending_gate", ["2 gate"]],
  ["const gateway = navigate(namespace);", []],
  ["a round trip to the server", []],
  ["the breaker trips", ["1 trip"]],
  ["default values, segfaults", []],
  ["what is at fault", ["1 fault"]],
  ["fault injection", []],
  ['faultTest(1, "killed")', []],
  ["it makes room for more", []],
  ["rows in turn", []],
  ["each turn of the loop", ["1 turn"]],
  ["for 2 s at the most", ["1 at the most"]],
  ["export const lane = session; // words: allow", []],
];
for (const [text, expected] of cases)
  test(`words in ${JSON.stringify(text)}`, () => {
    assert.equal(found(text), expected);
  });

test("a word may belong to some files alone", () => {
  assert.equal(found("the pair", "scripts/deploy/a.ts"), ["1 pair"]);
  assert.equal(found("the pair", "core/a.ts"), []);
  assert.equal(found("a fault", "test/faults/01-killed.test.ts"), []);
});

test("applied migrations and recorded histories are not scanned", () => {
  assert.not(isScanned("migrations/1_a.sql"));
  assert.not(isScanned("test/histories/lane-silent.json"));
  assert.ok(isScanned("outbox/sql/claim-new.sql"));
});

test("a word may be used as often as the baseline says, and no more", () => {
  const hits = hitsIn("core/a.ts", "lane\nlane");
  assert.equal(hitsBeyond({ lane: 2 }, hits), []);
  assert.is(hitsBeyond({ lane: 1 }, hits).length, 2);
  assert.is(hitsBeyond({}, hits).length, 2);
});

test("each word has one entry", () => {
  assert.is(new Set(wordList.map(({ id }) => id)).size, wordList.length);
});

test.run();
