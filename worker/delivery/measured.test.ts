import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeliveryPort, SettleResult } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { measured, type Written } from "./measured.ts";

const row = (id: string): ClaimedNotification => ({
  id,
  enterpriseId: "acme",
  workflow: "email",
  recipients: ['"ada"'],
  payload: "{}",
  overrides: "{}",
  transactionId: id,
  attempts: 1,
  maxAttempts: 3,
  batchId: "b",
  settled: [],
  sentBefore: false,
});
const none: SettleResult = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };

function rig(result: SettleResult) {
  const written: Written[] = [];
  let clock = 1_000;
  const outbox: DeliveryPort = {
    handOver: async () => undefined,
    adopt: async () => [],
    renew: async () => 0,
    settle: async () => {
      clock += 40;
      return result;
    },
  };
  const port = measured(
    outbox,
    [row("1"), row("2")],
    (more) => void written.push(...more),
    () => clock,
  );
  return { port, written };
}

test("each settled row is told with its outcome and the time since the claim, the write included", async () => {
  const { port, written } = rig({ ...none, sent: 1 });
  assert.is((await port.settle("t", [{ id: "1", to: "SENT" }], [])).sent, 1);
  await port.settle(
    "t",
    [
      { id: "2", to: "DEAD", error: "no" },
      { id: "not of this claim", to: "SENT" },
    ],
    [],
  );
  assert.equal(
    written.map(({ row, to, tookMs }) => [row.id, to, tookMs]),
    [
      ["1", "SENT", 40],
      ["2", "DEAD", 80],
    ],
  );
});

test("nothing is told of a write that found its lease lost", async () => {
  const { port, written } = rig({ ...none, sent: 1, leaseLost: 1 });
  await port.settle(
    "t",
    [
      { id: "1", to: "SENT" },
      { id: "2", to: "SENT" },
    ],
    [],
  );
  assert.equal(written, []);
});

test.run();
