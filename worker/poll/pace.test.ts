import { test } from "uvu";
import * as assert from "uvu/assert";
import { createClaimSize } from "./claim-size.ts";
import { createPace } from "./pace.ts";

/** The pace of four calls at once of 100 events, after calls that took `ms` and rows of so many recipients. */
function paceAt(ms: number, recipientsPerRow = 1) {
  const pace = createPace(4, 100);
  for (let n = 0; n < 50; n++) {
    pace.called(ms);
    pace.claimed(10, 10 * recipientsPerRow);
  }
  return pace;
}

test("a claim holds what goes out in about half a second, and one call for each that may go at once where Novu is slower", () => {
  const table: [callMs: number, recipients: number, rows: number][] = [
    [5, 1, 40_000],
    [100, 1, 2_000],
    [300, 1, 800],
    [400, 1, 400],
    [10_000, 1, 400],
    [300, 10, 80],
    [300, 100, 8],
    [300, 10_000, 4],
  ];
  for (const [ms, recipients, rows] of table)
    assert.is(Math.round(paceAt(ms, recipients).rows()), rows, `${ms} ms, ${recipients} recipients`);
});

test("before any call has ended there is no bound, and it follows Novu when that turns slow", () => {
  const pace = createPace(4, 100);
  assert.is(pace.rows(), Number.POSITIVE_INFINITY);
  pace.claimed(0, 0);
  assert.is(pace.rows(), Number.POSITIVE_INFINITY);
  pace.called(5);
  assert.is(pace.rows(), 40_000);
  for (let n = 0; n < 12; n++) pace.called(1_000);
  assert.is(pace.rows(), 400);
});

test("a claim grows up to the pace, stays there while it comes back full, and trouble halves what it asked for", () => {
  const pace = paceAt(400);
  const size = createClaimSize(100, 5_000, pace.rows);
  const asked = Array.from({ length: 6 }, () => {
    const limit = size.limit();
    size.claimed(limit, 5);
    return limit;
  });
  assert.equal(asked, [100, 200, 400, 400, 400, 400]);
  size.trouble();
  assert.is(size.limit(), 200);
});

test("a claim that was full stays a full one when Novu turns quicker meanwhile", () => {
  const pace = paceAt(400);
  const size = createClaimSize(100, 5_000, pace.rows);
  for (let n = 0; n < 4; n++) size.claimed(size.limit(), 5);
  const limit = size.limit();
  for (let n = 0; n < 50; n++) pace.called(5);
  size.claimed(limit, 5);
  assert.is(size.limit(), 800);
});

test("a batch size above the pace is held back, too, and kept where Novu is quick", () => {
  assert.is(createClaimSize(1_000, 1_000, paceAt(400).rows).limit(), 400);
  assert.is(createClaimSize(1_000, 1_000, paceAt(5).rows).limit(), 1_000);
});

test.run();
