import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { accepted, going, nothing, ports, row } from "./rows.fixture.ts";
import { tryOnce } from "./trial.ts";

/** Delivers 250 recipients, three calls, as the trial; `after` is what the gate makes of the first answer. */
async function trialOf(reply: (call: DeliveryCall) => CallReply, after: { onTrial: boolean; closed: boolean }) {
  let calls = 0;
  let gate = { onTrial: true, closed: false };
  const { deps } = ports(
    async (call) => {
      calls++;
      return reply(call);
    },
    {
      onCall: () => {
        gate = after;
      },
    },
  );
  const trial = tryOnce(deps, { closed: () => (gate.closed ? {} : undefined), onTrial: () => gate.onTrial });
  const several = row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  return { result: await deliver(trial, { token: "t", rows: [several] }, going()), calls };
}

test("a trial that Novu answers is over, and the rest of its notification follows", async () => {
  const { result, calls } = await trialOf(accepted, { onTrial: false, closed: false });
  assert.equal([result, calls], [{ ...nothing, sent: 1 }, 3]);
});

test("a trial without an answer is one call; a row with more of them is given back, what was tried counts", async () => {
  const unknown = (): CallReply => ({ kind: "unknown", reason: "no reply" });
  const { result, calls } = await trialOf(unknown, { onTrial: true, closed: true });
  assert.equal([result, calls], [{ ...nothing, released: 1 }, 1]);
});

test("a trial that Novu answered with an old error says nothing: no second call follows it", async () => {
  const { calls } = await trialOf(() => ({ kind: "replayed", reason: "500" }), { onTrial: true, closed: false });
  assert.is(calls, 1);
});

test.run();
