import { test } from "uvu";
import * as assert from "uvu/assert";
import { durationOf } from "./duration.ts";

test("durations use the largest unit that fits", () => {
  for (const [ms, words] of [
    [0, "0 ms"],
    [999, "999 ms"],
    [1000, "1 second"],
    [119_999, "1 minute"],
    [120_000, "2 minutes"],
    [3_600_000, "1 hour"],
    [172_800_000, "2 days"],
  ] as const)
    assert.is(durationOf(ms), words);
});

test.run();
