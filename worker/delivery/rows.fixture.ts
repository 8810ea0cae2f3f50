// What the tests of this room share: rows as a claim returns them, and ports that remember what was asked of them.
import type { CallReply, DeliveryCall, RecipientOutcome, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import type { DeliverDeps } from "./deliver.ts";

export const row = (id: number, more: Partial<ClaimedNotification> = {}): ClaimedNotification => ({
  id: String(id),
  enterpriseId: "acme",
  workflow: "email",
  recipients: [`"s${id}"`],
  payload: "{}",
  overrides: "{}",
  transactionId: `t${id}`,
  attempts: 1,
  maxAttempts: 3,
  batchId: "b1",
  settled: [],
  sentBefore: false,
  ...more,
});
export const rows = (count: number, more: Partial<ClaimedNotification> = {}) =>
  Array.from({ length: count }, (_, i) => row(i + 1, more));
export const going = () => new AbortController().signal;
export const accepted = (call: DeliveryCall): CallReply => ({
  kind: "answered",
  outcomes: call.events.map(() => ({ kind: "accepted" })),
});

/** Rows that are each a batch, and so a call, of their own. */
export const batches = (count: number) => rows(count).map((one) => ({ ...one, batchId: `b${one.id}` }));

export const nothing = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
const counted = (settlements: readonly Settlement[]) => {
  const count = (to: Settlement["to"]) => settlements.filter((settlement) => settlement.to === to).length;
  return { ...nothing, sent: count("SENT"), failed: count("FAILED"), dead: count("DEAD"), released: count("PENDING") };
};

/** Ports that remember what was asked of them; `held` rows carry the token. */
export function ports(send: (call: DeliveryCall) => Promise<CallReply>, more: Partial<DeliverDeps> = {}) {
  const settled: Settlement[] = [];
  const recipients: RecipientOutcome[] = [];
  const writes: { settlements: readonly Settlement[]; recipients: readonly RecipientOutcome[] }[] = [];
  const log: string[] = [];
  const draining = new AbortController();
  const deps: DeliverDeps = {
    outbox: {
      handOver: async () => undefined,
      adopt: async () => [],
      renew: async (_token, ids) => {
        log.push(`renew ${ids}`);
        return ids.length;
      },
      settle: async (_token, settlements, outcomes) => {
        settled.push(...settlements);
        recipients.push(...outcomes);
        writes.push({ settlements, recipients: outcomes });
        return counted(settlements);
      },
    },
    novu: { send },
    leaseMs: 1_000,
    retry: { baseMs: 10, maxMs: 10 },
    concurrency: 2,
    draining: draining.signal,
    mayCall: () => true,
    onCall: (end, _ms, events) => void log.push(`${end.kind} ${events}`),
    onSettled: () => undefined,
    isTransient: () => false,
    ...more,
  };
  return { deps, settled, recipients, writes, log, draining };
}
