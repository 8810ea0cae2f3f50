// time limit: 900 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runSoak } from "./run.ts";

test("60 seconds of mixed load under random faults, seed 11: nothing is lost and nothing sent twice", async () => {
  const result = await runSoak({ ms: 60_000, seed: 11, workers: 2 }, (line) => console.log(line));
  assert.equal(result.violations, [], result.violations.join("\n"));
  assert.ok(result.inserted > 500 && result.troubles > 10);
  assert.is(result.lost, 0);
});

test.run();
