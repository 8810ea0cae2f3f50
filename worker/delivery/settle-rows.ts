import type { RecipientOutcome, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import type { Batch } from "./plan-calls.ts";
import type { Ends, EventEnd } from "./send-call.ts";

export interface Settled {
  readonly settlements: readonly Settlement[];
  readonly recipients: readonly RecipientOutcome[];
}

/**
 * Pure: how each row of a batch ends, from how its events ended. An event that was not tried (the worker stops) gives its row back.
 * `backoff` gives the wait after an attempt; it is asked once for each batch, so that its rows come back together as the same call.
 */
export function settleRows(batch: Batch, ends: Ends, backoff: (attempt: number) => number): Settled {
  // In the order of the rows, as they were planned.
  const events = batch.calls.flatMap((call) => call.events);
  let next = 0;
  const waitMs = backoff(Math.max(1, ...batch.rows.map(({ attempts }) => attempts)));
  const recipients: RecipientOutcome[] = [];
  const settlements = batch.rows.map((row) => {
    const first = next;
    while (events[next]?.notificationId === row.id) next++;
    const tried = events.slice(first, next);
    // The outcome of a notification for one recipient is the notification's own.
    for (const event of row.recipients.length === 1 ? [] : tried) {
      const { ordinal, transactionId } = event;
      const end = ends.get(event);
      if (end?.kind === "sent") recipients.push({ notificationId: row.id, ordinal, transactionId, sent: true });
      if (end?.kind === "rejected")
        recipients.push({ notificationId: row.id, ordinal, transactionId, sent: false, error: end.reason });
    }
    return settleRow(
      row,
      tried.map((event) => ends.get(event)),
      waitMs,
    );
  });
  return { settlements, recipients };
}

function settleRow(row: ClaimedNotification, ends: readonly (EventEnd | undefined)[], waitMs: number): Settlement {
  if (ends.some((end) => end === undefined || end.kind === "paused")) return { id: row.id, to: "PENDING" };
  const retry = retryOf(ends);
  if (retry !== undefined) {
    const { keepBatch, batchId } = retry;
    const batch = { keepBatch, ...(batchId === undefined ? {} : { batchId }) };
    if (row.attempts >= row.maxAttempts)
      return { id: row.id, to: "DEAD", error: `gave up after ${row.attempts} attempts: ${retry.reason}`, ...batch };
    const retryInMs = Math.max(waitMs, retry.retryAfterMs ?? 0);
    return { id: row.id, to: "FAILED", error: retry.reason, retryInMs, ...batch };
  }
  // Sent to at least one recipient, now or on an earlier attempt: the refused ones have an outcome of their own.
  if (row.sentBefore || ends.some((end) => end?.kind === "sent")) return { id: row.id, to: "SENT" };
  const rejected = ends.find((end) => end?.kind === "rejected");
  return {
    id: row.id,
    to: "DEAD",
    error: rejected?.kind === "rejected" ? rejected.reason : "every recipient was refused",
  };
}

type Retry = Extract<EventEnd, { kind: "retry" }>;

/** What of a row is to be tried again. An unknown reply comes first: with its batch gone, what Novu may have accepted would be sent under another key. */
function retryOf(ends: readonly (EventEnd | undefined)[]): Retry | undefined {
  const retries = ends.filter((end): end is Retry => end?.kind === "retry");
  const unknown = retries.filter(({ keepBatch }) => keepBatch);
  const first = unknown[0] ?? retries[0];
  // Recipients in several halves without a reply: only the whole call names them all.
  const ofOneHalf = unknown.every(({ batchId }) => batchId === first?.batchId);
  return first === undefined || ofOneHalf ? first : { ...first, batchId: undefined };
}
