import { test } from "uvu";
import * as assert from "uvu/assert";
import type { SettleResult } from "../../core/delivery.ts";
import { deliver } from "./deliver.ts";
import { accepted, batches, nothing, ports } from "./rows.fixture.ts";

/** The ids that the observer sees as written, of a claim of two rows whose write returns `result`. */
async function writtenOf(result: SettleResult): Promise<string[]> {
  const written: string[] = [];
  const { deps, run } = ports(async (call) => accepted(call), {
    observer: { written: (settlements) => void written.push(...settlements.map(({ id, kind }) => `${id} ${kind}`)) },
  });
  const outbox = { ...deps.outbox, settle: async () => result };
  await deliver({ ...deps, outbox }, { token: "t", rows: batches(2) }, run);
  return written;
}

test("the observer sees each written outcome", async () => {
  assert.equal(await writtenOf({ ...nothing, sent: 2 }), ["1 sent", "2 sent"]);
});

test("a write that found rows taken over does not tell which, so the observer sees none of them", async () => {
  assert.equal(await writtenOf({ ...nothing, sent: 1, leaseLost: 1 }), []);
});

test.run();
