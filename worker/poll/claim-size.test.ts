import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimSize, createClaimSize } from "./claim-size.ts";

/** The limits that follow each other when every claim comes back as `count` says of its limit. */
const limits = (size: ClaimSize, times: number, count: (limit: number) => number, ms = 5) =>
  Array.from({ length: times }, () => {
    size.claimed(count(size.limit()), ms);
    return size.limit();
  });

test("while a backlog lasts claims double up to the most, and fall back to the usual size at once", () => {
  const size = createClaimSize(100, 500);
  assert.is(size.limit(), 100);
  assert.equal(
    limits(size, 4, (limit) => limit),
    [200, 400, 500, 500],
  );
  assert.equal(
    limits(size, 2, (limit) => limit - 1),
    [100, 100],
  );
  assert.equal(
    limits(size, 1, () => 0),
    [100],
  );
});

test("a failure halves the size, down to ten; without one the size grows again step by step", () => {
  const size = createClaimSize(100, 500);
  const halved = Array.from({ length: 5 }, () => {
    size.shrink();
    return size.limit();
  });
  assert.equal(halved, [50, 25, 12, 10, 10]);
  assert.equal(
    limits(size, 2, () => 0),
    [10, 10],
    "an empty claim says nothing about what Postgres can take",
  );
  assert.equal(
    limits(size, 5, () => 1),
    [20, 40, 80, 100, 100],
  );
});

test("a slow claim counts as a failure, even a full one", () => {
  const size = createClaimSize(100, 500);
  limits(size, 3, (limit) => limit);
  assert.equal(
    limits(size, 3, (limit) => limit, 1_001),
    [250, 125, 62],
  );
});

test("a batch size below ten is its own floor, and one above the most is kept", () => {
  const small = createClaimSize(3, 500);
  small.shrink();
  assert.is(small.limit(), 3);
  const large = createClaimSize(1_000, 500);
  assert.equal(
    limits(large, 2, (limit) => limit),
    [1_000, 1_000],
  );
});

test.run();
