import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, DeliveryPort, NovuPort, SettleResult } from "../../core/delivery.ts";
import { type BackoffOptions, backoffMs } from "../../core/retry.ts";
import type { DeliveryObserver } from "./observer.ts";
import { type Batch, fewestFirst, planBatches } from "./plan-calls.ts";
import { type Outcomes, sendCall } from "./send-call.ts";
import { settleRows } from "./settle-rows.ts";
import { createSettler, type Settler } from "./settler.ts";

export interface DeliveryLimits {
  readonly leaseMs: number;
  readonly retry: BackoffOptions;
  /** Bulk calls of one claim under way at once. */
  readonly concurrency: number;
  /** At most 100, which is the default. */
  readonly eventsPerCall?: number;
}

/** What every delivery of a worker shares. */
export interface DeliverDeps {
  readonly outbox: DeliveryPort;
  readonly novu: NovuPort;
  readonly limits: DeliveryLimits;
  /** Aborted when the worker stops: calls under way end, the remaining rows are released. */
  readonly draining: AbortSignal;
  /** Postgres is away for now: Novu's replies are kept and written later. */
  readonly isTransient: (error: unknown) => boolean;
}

/** How one claim is delivered. */
export interface DeliveryRun {
  /** Stops the delivery; rows that were not sent are released. */
  readonly signal: AbortSignal;
  readonly observer: DeliveryObserver;
  /** Checked before each call, with the number of calls of this delivery that ended. Rows that may not be sent are released. */
  readonly mayCall: (callsEnded: number) => boolean;
}

/** One delivery under way. */
interface Delivery extends DeliveryRun {
  readonly deps: DeliverDeps;
  readonly settler: Settler;
  /** Aborted when Novu accepts no call: the remaining batches are released, even if the sending pause could not be written. */
  readonly paused: AbortController;
  callsEnded: number;
}

/**
 * Sends the rows of one claim and writes their outcomes. Repeating it is harmless: the claim no longer holds rows that are settled, and a repeated
 * call has the same key.
 */
export async function deliver(deps: DeliverDeps, { token, rows }: Claim, run: DeliveryRun): Promise<SettleResult> {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  run.signal.addEventListener("abort", onAbort, { once: true });
  if (run.signal.aborted) stop.abort();
  const open = new Set(rows.map(({ id }) => id));
  const settler = createSettler({
    ...{ outbox: deps.outbox, isTransient: deps.isTransient, token, signal: stop.signal, observer: run.observer },
    onWritten(settlements) {
      for (const { id } of settlements) open.delete(id);
    },
  });
  let lost = false;
  const renewal = keepLease(deps, token, open, () => {
    lost = true;
    stop.abort();
  });
  const delivery = { ...run, deps, settler, signal: stop.signal, paused: new AbortController(), callsEnded: 0 };
  try {
    const ends = await sendBatches(delivery, fewestFirst(planBatches(rows, deps.limits.eventsPerCall)));
    const result = await settler.done().catch((error: unknown) => {
      if (!lost) throw error;
      // The writes that failed would have changed nothing: another worker holds the rows.
      const { leaseLost, ...written } = settler.written();
      return { ...written, leaseLost: leaseLost + open.size };
    });
    const total = onceEach(result, rows.length);
    // Thrown only now that all calls ended: a new attempt never runs at the same time as the rest of this one.
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    if (rows.length > 0) run.observer.settled(total);
    return total;
  } finally {
    clearInterval(renewal);
    run.signal.removeEventListener("abort", onAbort);
  }
}

/** Counts a row that was lost once, however many of its writes came late. */
function onceEach({ leaseLost, ...written }: SettleResult, count: number): SettleResult {
  const { sent, failed, dead, released } = written;
  return { ...written, leaseLost: Math.min(leaseLost, count - sent - failed - dead - released) };
}

/** Renews the lease of the rows that are still open. A lost lease stops the delivery: another worker holds the rows. */
function keepLease(
  { outbox, limits }: DeliverDeps,
  token: string,
  open: ReadonlySet<string>,
  onLost: () => void,
): NodeJS.Timeout {
  return setInterval(() => {
    if (open.size === 0) return;
    outbox.renew(token, [...open], limits.leaseMs).then(
      (held) => {
        if (held === 0 && open.size > 0) onLost();
      },
      // Postgres is away. If the lease runs out meanwhile, the token guards later writes.
      () => undefined,
    );
  }, limits.leaseMs / 3);
}

/** Sends the batches, `concurrency` at a time. Resolves when all calls ended. */
function sendBatches(delivery: Delivery, batches: readonly Batch[]): Promise<PromiseSettledResult<void>[]> {
  const queue = batches.values();
  const sendNext = async () => {
    for (const batch of queue) await sendBatch(delivery, batch);
  };
  return Promise.allSettled(Array.from({ length: delivery.deps.limits.concurrency }, sendNext));
}

async function sendBatch(delivery: Delivery, batch: Batch): Promise<void> {
  const { deps, settler, observer, signal, paused } = delivery;
  const outcomes: Outcomes = new Map();
  const mayCall = () => delivery.mayCall(delivery.callsEnded);
  const context = { novu: deps.novu, signal, mayCall, observer };
  const ended = settler.calling();
  try {
    for (const call of batch.calls) {
      if (deps.draining.aborted || signal.aborted || paused.signal.aborted || !mayCall()) break;
      const start = performance.now();
      for (const { workflow } of call.events) crashPoint("row", workflow);
      await sendCall(context, call, outcomes);
      crashPoint("after-novu-accepted");
      const own = call.events.flatMap((event) => outcomes.get(event) ?? []);
      // Of a call that was halved, Novu may have paused the second half only.
      const outcome = own.find(({ kind }) => kind === "released") ?? own[0];
      if (outcome?.kind === "released") paused.abort();
      if (outcome) {
        await observer.called(outcome, performance.now() - start, call.events.length);
        delivery.callsEnded++;
      }
      // One notification may take a hundred calls. The outcomes of each are written at once, so that a crash sends none of them again.
      if (batch.calls.length > 1)
        settler.add([], settleRows({ rows: batch.rows, calls: [call] }, outcomes, () => 0).recipients);
    }
    const { settlements, recipients } = settleRows(batch, outcomes, (attempt) => backoffMs(attempt, deps.limits.retry));
    settler.add(settlements, recipients);
  } finally {
    ended();
  }
}
