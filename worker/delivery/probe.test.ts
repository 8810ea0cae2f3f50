import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { probeMayCall } from "./probe.ts";
import { accepted, nothing, ports, row } from "./rows.fixture.ts";

/** Delivers 250 recipients, three calls, as a probe; `after` is the state that the first reply leads to. */
async function probeOf(reply: (call: DeliveryCall) => CallReply, after: { mustProbe: boolean; paused: boolean }) {
  let calls = 0;
  let state = { mustProbe: true, paused: false };
  const { deps, run } = ports(
    async (call) => {
      calls++;
      return reply(call);
    },
    {
      concurrency: 1,
      mayCall: probeMayCall({ current: () => (state.paused ? {} : undefined), mustProbe: () => state.mustProbe }),
      observer: {
        called: () => {
          state = after;
        },
      },
    },
  );
  const several = row(1, { recipients: Array.from({ length: 250 }, (_, i) => `s${i}`) });
  return { result: await deliver(deps, { token: "t", rows: [several] }, run), calls };
}

test("once Novu replies to a probe, the other calls of its notification follow", async () => {
  const { result, calls } = await probeOf(accepted, { mustProbe: false, paused: false });
  assert.equal([result, calls], [{ ...nothing, sent: 1 }, 3]);
});

test("a probe without a reply is one call; a row with more calls is released", async () => {
  const unknown = (): CallReply => ({ kind: "unknown", reason: "no reply" });
  const { result, calls } = await probeOf(unknown, { mustProbe: true, paused: true });
  assert.equal([result, calls], [{ ...nothing, released: 1 }, 1]);
});

test("a replayed error does not end a probe: no second call follows", async () => {
  const { calls } = await probeOf(() => ({ kind: "replayed", reason: "500" }), { mustProbe: true, paused: false });
  assert.is(calls, 1);
});

test.run();
