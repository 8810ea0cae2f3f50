import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuOf, rssMiB } from "./cpu.ts";
import { median, percentile } from "./numbers.ts";
import { parseOptions, UsageError } from "./options.ts";
import { barPlot } from "./plot/bars.ts";
import { linePlot } from "./plot/lines.ts";
import { medianOf, ratioOf, turnOrder } from "./rounds.ts";

test("percentiles are nearest rank, a median of two is between them", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.is(percentile(hundred, 0.5), 50);
  assert.is(percentile(hundred, 0.95), 95);
  assert.is(percentile([7], 0.95), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1]), 2.5);
});

test("a ratio is the middle of same-round ratios, not the ratio of the middles", () => {
  // Twice, three times and 0.8 times as fast; over the middles of each it would be 1.8.
  const rounds = [
    { a: 200, b: 100 },
    { a: 90, b: 30 },
    { a: 40, b: 50 },
  ];
  assert.is(
    ratioOf(rounds, "a", "b", (x) => x),
    2,
  );
  assert.is(
    medianOf(rounds, "a", (x) => x),
    90,
  );
  assert.ok(Number.isNaN(ratioOf(rounds, "a", "absent", (x) => x)));
});

test("each round starts with the next contender, and every contender starts once", () => {
  assert.equal(turnOrder(["a", "b", "c"], 0), ["a", "b", "c"]);
  assert.equal(turnOrder(["a", "b", "c"], 1), ["b", "c", "a"]);
  assert.equal(turnOrder(["a", "b", "c"], 5), ["c", "a", "b"]);
});

test("options: all, numbers, what is kept, and what is refused", () => {
  assert.equal(parseOptions(["all"]).run, ["delivery", "latency", "backlog", "worker"]);
  const some = parseOptions(["delivery", "--rounds", "2", "--rows", "500", "--only", "xnovu-1,pg-boss"]);
  assert.is(some.rounds, 2);
  assert.is(some.rows, 500);
  assert.equal(some.only, ["xnovu-1", "pg-boss"]);
  assert.not.ok(some.keep);
  assert.not.ok(parseOptions(["delivery", "--checkout", "/tmp"]).keep);
  assert.ok(parseOptions(["delivery", "--json"]).keep);
  const codeOf = (argv: string[]) => {
    try {
      parseOptions(argv);
      return undefined;
    } catch (error) {
      return error instanceof UsageError ? error.exitCode : error;
    }
  };
  assert.is(codeOf(["--help"]), 0);
  for (const argv of [[], ["speed"], ["delivery", "latency"], ["delivery", "--rounds", "0"], ["delivery", "--fast"]])
    assert.is(codeOf(argv), 2, argv.join(" "));
});

test("plots are SVG for light and dark pages, with every label in them, escaped", () => {
  const bars = barPlot({
    title: "Rate <per second>",
    about: "here & now",
    bars: [
      { label: "ours", value: 1000, ours: true },
      { label: "theirs", value: 10, behind: 20 },
    ],
  });
  assert.match(bars, "prefers-color-scheme: dark");
  assert.match(bars, "Rate &lt;per second&gt;");
  assert.match(bars, "here &amp; now");
  assert.match(bars, ">1,000<");
  // The longest has the whole width, the shorter ones their share, and nothing disappears.
  assert.equal(
    [...bars.matchAll(/<rect class="([^"]+)"[^>]* width="(\d+)"/g)].map(([, kind, width]) => [kind, Number(width)]),
    [
      ["ours", 340],
      ["bar light", 7],
      ["bar", 3],
    ],
  );
  const points: [number, number][] = [
    [0, 1],
    [10, 2],
  ];
  const lines = linePlot({ title: "t", about: "a", xLabel: "x", yLabel: "y", lines: [{ label: "l", points }] });
  assert.match(lines, /<polyline class="line" points="70,\d+ 790,\d+"\/>/);
});

test("processor time and memory of a process, where /proc tells", () => {
  if (process.platform !== "linux") return;
  const before = cpuOf({ me: [process.pid] }).me ?? 0;
  const end = performance.now() + 60;
  while (performance.now() < end);
  assert.ok((cpuOf({ me: [process.pid] }).me ?? 0) > before);
  assert.ok(rssMiB(process.pid) > 10);
  assert.ok(Number.isNaN(rssMiB(2 ** 30)));
});

test.run();
