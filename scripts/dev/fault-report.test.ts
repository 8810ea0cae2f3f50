import { test } from "uvu";
import * as assert from "uvu/assert";
import { faultTotal, type Note, reportLines } from "./fault-report.ts";

const ran = (fault: number, state: Note["state"], reason?: string): Note[] => [
  { fault, title: `title ${fault}`, state: "began" },
  { fault, title: `title ${fault}`, state, ...(reason === undefined ? {} : { reason }) },
];
const all = Array.from({ length: faultTotal }, (_, index) => ran(index + 1, "held"));
const without = (fault: number) => all.filter((_, index) => index !== fault - 1).flat();

test("35 lines in order, whatever order the tests ended in", () => {
  const { lines, failed } = reportLines(all.flat().reverse());
  assert.is(failed, 0);
  assert.equal(
    lines,
    Array.from({ length: 35 }, (_, index) => `fault ${index + 1}: held`),
  );
});

test("a fault without a test, or whose test did not end, is not held", () => {
  assert.is(reportLines(without(7)).lines[6], "fault 7: NOT held: no test of it ran");
  assert.is(reportLines(without(7)).failed, 1);
  const cut = reportLines([...without(8), { fault: 8, title: "x", state: "began" }]);
  assert.is(cut.lines[7], "fault 8: NOT held: 1 of 1 tests did not end");
});

test("one failed test of several is reported with its reason, on one line", () => {
  const { lines, failed } = reportLines([...all.flat(), ...ran(9, "not held", "first line\nsecond")]);
  assert.is(lines[8], "fault 9: NOT held: title 9: first line");
  assert.is(failed, 1);
});

test("a skipped part is reported; a fault of which everything was skipped is not held", () => {
  const part: Note = { fault: 15, title: "disk full", state: "skipped", reason: "no mount" };
  const more = ran(15, "held");
  assert.is(reportLines([...all.flat(), part, ...more]).lines[14], "fault 15: held (SKIPPED disk full: no mount)");
  assert.is(reportLines([...without(15), part, ...more]).lines[14], "fault 15: NOT held: skipped: no mount");
});

test.run();
