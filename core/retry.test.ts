import { test } from "uvu";
import * as assert from "uvu/assert";
import { backoffMs } from "./retry.ts";

const options = { baseMs: 1_000, maxMs: 60_000 };

test("the ceiling doubles with each attempt up to the maximum", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoffMs(attempt, options, () => 1));
  assert.equal(ceilings, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test("the wait is drawn from the whole range", () => {
  assert.is(
    backoffMs(3, options, () => 0),
    0,
  );
  assert.is(
    backoffMs(3, options, () => 0.5),
    2_000,
  );
  const drawn = Array.from({ length: 2_000 }, () => backoffMs(3, options));
  assert.ok(drawn.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= 4_000));
  const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
  // 40 times the mean's standard error away from 2,000.
  assert.ok(mean > 1_000 && mean < 3_000, `mean ${mean}`);
});

test("any attempt number gives a finite wait", () => {
  for (const attempt of [-1, 0, 1, 100, 32_767, Number.MAX_SAFE_INTEGER]) {
    const ms = backoffMs(attempt, options, () => 1);
    assert.ok(ms >= 1_000 && ms <= 60_000, `${attempt}: ${ms}`);
  }
});

test.run();
