// Fixtures of the delivery tests: rows as a claim returns them, and ports that record calls and writes.
import {
  type CallReply,
  type DeliveryCall,
  type OutcomeKind,
  outcomeKinds,
  type RecipientOutcome,
  type Settlement,
} from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import type { DeliverDeps, DeliveryRun } from "./deliver.ts";
import type { DeliveryObserver } from "./observer.ts";

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
  outcomes: call.events.map(() => ({ kind: "sent" })),
});

/** Rows that are each a batch, and so a call, of their own. */
export const batches = (count: number) => rows(count).map((one) => ({ ...one, batchId: `b${one.id}` }));

export const nothing = { sent: 0, failed: 0, dead: 0, released: 0, leaseLost: 0 };
const counted = (settlements: readonly Settlement[]) => {
  const count = (kind: OutcomeKind) => settlements.filter((settlement) => settlement.kind === kind).length;
  return { ...nothing, ...Object.fromEntries(outcomeKinds.map((kind) => [kind, count(kind)])) };
};

export interface RigOptions {
  readonly concurrency?: number;
  readonly leaseMs?: number;
  readonly mayCall?: DeliveryRun["mayCall"];
  readonly isTransient?: DeliverDeps["isTransient"];
  readonly observer?: Partial<DeliveryObserver>;
}

export const noObserver: DeliveryObserver = {
  request: () => undefined,
  progressed: () => undefined,
  called: () => undefined,
  written: () => undefined,
  settled: () => undefined,
};

/** A delivery over ports that record every write. */
export function ports(send: (call: DeliveryCall) => Promise<CallReply>, options: RigOptions = {}) {
  const { concurrency = 2, leaseMs = 1_000, mayCall = () => true, isTransient = () => false, observer } = options;
  const settled: Settlement[] = [];
  const recipients: RecipientOutcome[] = [];
  const writes: { settlements: readonly Settlement[]; recipients: readonly RecipientOutcome[] }[] = [];
  const log: string[] = [];
  const draining = new AbortController();
  const deps: DeliverDeps = {
    outbox: {
      startFanOut: async () => undefined,
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
    limits: { leaseMs, retry: { baseMs: 10, maxMs: 10 }, concurrency },
    draining: draining.signal,
    isTransient,
  };
  const run: DeliveryRun = { signal: going(), mayCall, observer: { ...noObserver, ...observer } };
  return { deps, run, settled, recipients, writes, log, draining };
}
