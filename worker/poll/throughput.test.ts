import { test } from "uvu";
import * as assert from "uvu/assert";
import { createClaimSize } from "./claim-size.ts";
import { createThroughput } from "./throughput.ts";

/** The throughput of four calls at once of 100 events, after calls that took `ms` and rows of so many recipients. */
function throughputAt(ms: number, recipientsPerRow = 1) {
  const throughput = createThroughput(4, 100);
  for (let n = 0; n < 50; n++) {
    throughput.called(ms);
    throughput.claimed(10, 10 * recipientsPerRow);
  }
  return throughput;
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
    assert.is(Math.round(throughputAt(ms, recipients).rows()), rows, `${ms} ms, ${recipients} recipients`);
});

test("before any call has ended there is no bound, and it follows Novu when that turns slow", () => {
  const throughput = createThroughput(4, 100);
  assert.is(throughput.rows(), Number.POSITIVE_INFINITY);
  throughput.claimed(0, 0);
  assert.is(throughput.rows(), Number.POSITIVE_INFINITY);
  throughput.called(5);
  assert.is(throughput.rows(), 40_000);
  for (let n = 0; n < 12; n++) throughput.called(1_000);
  assert.is(throughput.rows(), 400);
});

test("a claim grows up to the throughput, stays there while it comes back full, and a failure halves it", () => {
  const throughput = throughputAt(400);
  const size = createClaimSize(100, 5_000, throughput.rows);
  const asked = Array.from({ length: 6 }, () => {
    const limit = size.limit();
    size.claimed(limit, 5);
    return limit;
  });
  assert.equal(asked, [100, 200, 400, 400, 400, 400]);
  size.shrink();
  assert.is(size.limit(), 200);
});

test("a claim that was full stays a full one when Novu turns quicker meanwhile", () => {
  const throughput = throughputAt(400);
  const size = createClaimSize(100, 5_000, throughput.rows);
  for (let n = 0; n < 4; n++) size.claimed(size.limit(), 5);
  const limit = size.limit();
  for (let n = 0; n < 50; n++) throughput.called(5);
  size.claimed(limit, 5);
  assert.is(size.limit(), 800);
});

test("a batch size above the throughput is held back, too, and kept where Novu is quick", () => {
  assert.is(createClaimSize(1_000, 1_000, throughputAt(400).rows).limit(), 400);
  assert.is(createClaimSize(1_000, 1_000, throughputAt(5).rows).limit(), 1_000);
});

test.run();
