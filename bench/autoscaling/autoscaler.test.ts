import { test } from "uvu";
import * as assert from "uvu/assert";
import { createAutoscaler, syncSeconds } from "./autoscaler.ts";
import { sentInASecond } from "./given.ts";
import type { Rule } from "./rule.ts";
import { closedSummary, simulate } from "./simulate.ts";

const rule: Rule = {
  name: "test",
  min: 2,
  max: 10,
  target: 100,
  cap: 1_001,
  metricAgeSeconds: 0,
  up: {
    stabilizationSeconds: 0,
    policies: [
      { type: "Percent", value: 100, periodSeconds: 15 },
      { type: "Pods", value: 4, periodSeconds: 15 },
    ],
  },
  down: { stabilizationSeconds: 300, policies: [{ type: "Percent", value: 50, periodSeconds: 60 }] },
};

/** The numbers an autoscaler asks for, one look after the other, when the metric has these totals. */
function asked(totals: readonly number[], change: Partial<Rule> = {}, sent: readonly number[] = []): number[] {
  const autoscaler = createAutoscaler({ ...rule, ...change });
  let pods = change.min ?? rule.min;
  return totals.map((total, index) => {
    pods = autoscaler.next(index * syncSeconds, total, sent[index] ?? 0, pods);
    return pods;
  });
}

test("grows by the larger of twice as many and four more, in each period, to its maximum", () => {
  assert.equal(asked([1_000, 1_000, 1_000]), [6, 10, 10]);
  assert.equal(asked([5_000, 5_000, 5_000], { max: 40, cap: 100_000 }), [6, 12, 24]);
});

test("within a tenth of the target it leaves things as they are", () => {
  assert.equal(asked([219, 181, 230]), [2, 2, 3]);
});

test("the count ends at the cap, and so does the number of workers", () => {
  assert.equal(asked([99_999, 99_999, 99_999], { max: 40 }), [6, 11, 11]);
});

test("of two metrics the one that asks for more counts", () => {
  assert.equal(asked([0, 400, 0], { sentTarget: 10 }, [30, 30, 55]), [3, 4, 6]);
});

test("goes down only after the window, by half a minute's number at most", () => {
  const looks = asked([1_000, 1_000, ...Array.from({ length: 30 }, () => 0)]);
  const first = looks.findIndex((pods, index) => index > 1 && pods < 10);
  assert.is(first * syncSeconds - syncSeconds, 315, "300 s after the last poll that wanted ten");
  assert.equal([looks[first], looks[first + 3], looks[first + 4]], [5, 5, 2]);
});

test("a day: nothing is lost, a worker counts from its start, the oldest goes first", () => {
  const world = {
    load: (second: number) => (second < 10 ? 1_000 : 0),
    perWorker: 100,
    novuLimit: 1e9,
    startSeconds: 20,
  };
  const day = simulate({ ...rule, cap: 1e9 }, world);
  assert.equal([day[9]?.backlog, day[9]?.age], [8_000, 7], "two workers sent 200 a second");
  assert.is(day.at(-1)?.backlog, 0);
  const sent = (second: number) => (day[second - 1]?.backlog ?? 0) - (day[second]?.backlog ?? 0);
  assert.is(sent(19), 200, "those requested in the first second have not started");
  assert.is(sent(20), 600, "and now they are");
});

test("while the sending pause is closed nothing is sent, and a rule that looks at it asks for no worker until it is open again", () => {
  const closed = { at: 600, seconds: 600 };
  const world = { load: () => 50, perWorker: 100, novuLimit: 1e9, startSeconds: 20, closed };
  const [blind, looking] = [rule, { ...rule, pauseLagSeconds: 15 }].map((one) => {
    const day = simulate(one, world);
    return { day, said: closedSummary(one, day, closed) };
  });
  assert.is(looking?.day[1_199]?.backlog, 30_000);
  assert.equal([looking?.said.mostPodsWhileClosed, looking?.said.idleWorkerMinutes], [2, 0]);
  assert.is(blind?.said.mostPodsWhileClosed, 10);
  // It looks every 15 s: not at 1,200 s and not within 15 s after, but then.
  assert.equal([looking?.day[1_214]?.pods, looking?.day[1_215]?.pods], [2, 6]);
  assert.ok((looking?.said.secondsToCatchUp ?? 0) > (blind?.said.secondsToCatchUp ?? 0));
});

test("what a worker sends is what its calls carry: twelve of a hundred", () => {
  assert.is(sentInASecond(0.4), 2_200);
  assert.is(sentInASecond(0.2), 4_400);
});

test.run();
