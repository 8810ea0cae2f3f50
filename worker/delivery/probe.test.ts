import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { tryOnce } from "./probe.ts";
import { accepted, going, nothing, ports, row } from "./rows.fixture.ts";

/** Delivers 250 recipients, three calls, as the probe; `after` is what the sending pause makes of the first answer. */
async function probeOf(reply: (call: DeliveryCall) => CallReply, after: { halfOpen: boolean; closed: boolean }) {
  let calls = 0;
  let sendingPause = { halfOpen: true, closed: false };
  const { deps } = ports(
    async (call) => {
      calls++;
      return reply(call);
    },
    {
      onCall: () => {
        sendingPause = after;
      },
    },
  );
  const probe = tryOnce(deps, {
    closed: () => (sendingPause.closed ? {} : undefined),
    halfOpen: () => sendingPause.halfOpen,
  });
  const several = row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  return { result: await deliver(probe, { token: "t", rows: [several] }, going()), calls };
}

test("a probe that Novu answers is over, and the rest of its notification follows", async () => {
  const { result, calls } = await probeOf(accepted, { halfOpen: false, closed: false });
  assert.equal([result, calls], [{ ...nothing, sent: 1 }, 3]);
});

test("a probe without an answer is one call; a row with more of them is given back, what was tried counts", async () => {
  const unknown = (): CallReply => ({ kind: "unknown", reason: "no reply" });
  const { result, calls } = await probeOf(unknown, { halfOpen: true, closed: true });
  assert.equal([result, calls], [{ ...nothing, released: 1 }, 1]);
});

test("a probe that Novu answered with an old error says nothing: no second call follows it", async () => {
  const { calls } = await probeOf(() => ({ kind: "replayed", reason: "500" }), { halfOpen: true, closed: false });
  assert.is(calls, 1);
});

test.run();
