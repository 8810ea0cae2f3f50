import { crashPoint } from "../../core/crash-point.ts";
import type { Claim, DeliveryPort, NovuPort, SettleResult } from "../../core/delivery.ts";
import { type BackoffOptions, backoffMs } from "../../core/retry.ts";
import { type Batch, fewestFirst, planBatches } from "./plan-calls.ts";
import { type Ends, type EventEnd, sendCall } from "./send-call.ts";
import { settleRows } from "./settle-rows.ts";
import { createSettler, type Settler } from "./settler.ts";

export interface DeliverDeps {
  readonly outbox: DeliveryPort;
  readonly novu: NovuPort;
  readonly leaseMs: number;
  readonly retry: BackoffOptions;
  /** Bulk calls of one claim under way at once. */
  readonly concurrency: number;
  /** 100 at the most, and when absent. */
  readonly eventsPerCall?: number;
  /** Aborted when the worker stops: calls under way end, the other rows are given back. */
  readonly draining: AbortSignal;
  /** Whether anything may be sent now: asked before each call. What is not sent for that is given back. */
  readonly mayCall: () => boolean;
  /** Told of every call's end, before its rows are settled. */
  readonly onCall: (end: EventEnd, ms: number, events: number) => Promise<void> | void;
  readonly onSettled: (result: SettleResult) => void;
  /** Postgres is away, for now: what Novu answered is worth keeping until it is back. */
  readonly isTransient: (error: unknown) => boolean;
}

/**
 * Sends the rows of one claim and writes how each ended. Doing it again is harmless: rows that are settled are no longer held, and calls that are
 * repeated carry the same keys. `signal` stops it; what was not tried is given back.
 */
export async function deliver(deps: DeliverDeps, { token, rows }: Claim, signal: AbortSignal): Promise<SettleResult> {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) stop.abort();
  const open = new Set(rows.map(({ id }) => id));
  const settler = createSettler(deps, token, stop.signal, (ids) => {
    for (const id of ids) open.delete(id);
  });
  let lost = false;
  const keeper = keepLease(deps, token, open, () => {
    lost = true;
    stop.abort();
  });
  // Set when Novu takes nothing for now: the batches not yet sent are given back without a call, also when the sending pause could not be written.
  const paused = new AbortController();
  try {
    const queue = fewestFirst(planBatches(rows, deps.eventsPerCall)).values();
    const session = async () => {
      for (const batch of queue) await deliverBatch(deps, settler, batch, stop.signal, paused);
    };
    const sessions = await Promise.allSettled(Array.from({ length: deps.concurrency }, session));
    const told = await settler.done().catch((error: unknown) => {
      if (!lost) throw error;
      // What could not be written would have changed nothing: another worker has the rows.
      const { leaseLost, ...written } = settler.written();
      return { ...written, leaseLost: leaseLost + open.size };
    });
    const total = onceEach(told, rows.length);
    // All have ended before the fault is told: a new try never runs beside what is left of this one.
    for (const end of sessions) if (end.status === "rejected") throw end.reason;
    if (rows.length > 0) deps.onSettled(total);
    return total;
  } finally {
    clearInterval(keeper);
    signal.removeEventListener("abort", onAbort);
  }
}

/** A row that was lost counts once, however many of its writes came late. */
function onceEach({ leaseLost, ...written }: SettleResult, count: number): SettleResult {
  const { sent, failed, dead, released } = written;
  return { ...written, leaseLost: Math.min(leaseLost, count - sent - failed - dead - released) };
}

/** Renews the lease of the rows that are still open. A lease that is lost stops the work: another worker has the rows. */
function keepLease(
  { outbox, leaseMs }: DeliverDeps,
  token: string,
  open: ReadonlySet<string>,
  onLost: () => void,
): NodeJS.Timeout {
  return setInterval(() => {
    if (open.size === 0) return;
    outbox.renew(token, [...open], leaseMs).then(
      (held) => {
        if (held === 0 && open.size > 0) onLost();
      },
      // Postgres is away: the lease may run out, and then the token guards what is written later.
      () => undefined,
    );
  }, leaseMs / 3);
}

async function deliverBatch(
  deps: DeliverDeps,
  settler: Settler,
  batch: Batch,
  signal: AbortSignal,
  paused: AbortController,
): Promise<void> {
  const ends: Ends = new Map();
  const called = settler.calling();
  try {
    for (const call of batch.calls) {
      if (deps.draining.aborted || signal.aborted || paused.signal.aborted || !deps.mayCall()) break;
      const start = performance.now();
      for (const { workflow } of call.events) crashPoint("row", workflow);
      await sendCall(deps.novu, call, signal, ends, deps.mayCall);
      crashPoint("after-novu-accepted");
      const tried = call.events.flatMap((event) => ends.get(event) ?? []);
      // A call that was halved may be paused in its second half only.
      const end = tried.find(({ kind }) => kind === "paused") ?? tried[0];
      if (end?.kind === "paused") paused.abort();
      if (end) await deps.onCall(end, performance.now() - start, call.events.length);
      // One notification may take a hundred calls: what is final after each is not sent again, whatever happens to the next.
      if (batch.calls.length > 1)
        settler.add([], settleRows({ rows: batch.rows, calls: [call] }, ends, () => 0).recipients);
    }
    const { settlements, recipients } = settleRows(batch, ends, (attempt) => backoffMs(attempt, deps.retry));
    settler.add(settlements, recipients);
  } finally {
    called();
  }
}
