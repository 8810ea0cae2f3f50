import { test } from "uvu";
import * as assert from "uvu/assert";
import { planSoak, refusedRows } from "./plan.ts";

const options = { ms: 600_000, seed: 7, workers: 3 };

test("the same seed gives the same plan, another seed another one", () => {
  assert.equal(planSoak(options), planSoak(options));
  assert.not.equal(planSoak(options), planSoak({ ...options, seed: 8 }));
});

test("steps are in order of time and within it, and every kind of trouble and load comes up", () => {
  const steps = planSoak(options);
  assert.ok(steps.every(({ atMs }, index) => atMs >= (steps[index - 1]?.atMs ?? 0) && atMs < options.ms));
  const kinds = new Set(steps.flatMap(({ trouble, load }) => trouble?.kind ?? load?.kind ?? []));
  assert.is(kinds.size, 11 + 4, [...kinds].join(", "));
  assert.ok(refusedRows(steps) > 0);
});

test("a trouble every few seconds", () => {
  const count = planSoak(options).filter(({ trouble }) => trouble).length;
  assert.ok(count > 100 && count < 400, `${count} troubles`);
});

test.run();
