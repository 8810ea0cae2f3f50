import type { Outcome, RecipientOutcome, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import type { Batch } from "./plan-calls.ts";
import type { Outcomes } from "./send-call.ts";

export interface Settled {
  readonly settlements: readonly Settlement[];
  readonly recipients: readonly RecipientOutcome[];
}

/**
 * Pure: the outcome of each row of a batch, from the outcomes of its events. A row with an event that was not sent is released.
 * `backoff` gives the wait after an attempt. It is called once per batch, so that the rows come back together and make the same call.
 */
export function settleRows(batch: Batch, outcomes: Outcomes, backoff: (attempt: number) => number): Settled {
  // The events are in the order of the rows.
  const events = batch.calls.flatMap((call) => call.events);
  let next = 0;
  const waitMs = backoff(Math.max(1, ...batch.rows.map(({ attempts }) => attempts)));
  const recipients: RecipientOutcome[] = [];
  const settlements = batch.rows.map((row) => {
    const first = next;
    while (events[next]?.notificationId === row.id) next++;
    const own = events.slice(first, next);
    // A notification for one recipient needs no recipient rows: its own outcome says it.
    for (const event of row.recipients.length === 1 ? [] : own) {
      const { ordinal, transactionId } = event;
      const outcome = outcomes.get(event);
      if (outcome?.kind === "sent") recipients.push({ notificationId: row.id, ordinal, transactionId, kind: "sent" });
      if (outcome?.kind === "dead")
        recipients.push({ notificationId: row.id, ordinal, transactionId, kind: "dead", error: outcome.error });
    }
    return settleRow(
      row,
      own.map((event) => outcomes.get(event)),
      waitMs,
    );
  });
  return { settlements, recipients };
}

function settleRow(row: ClaimedNotification, outcomes: readonly (Outcome | undefined)[], waitMs: number): Settlement {
  if (outcomes.some((outcome) => outcome === undefined || outcome.kind === "released"))
    return { id: row.id, kind: "released" };
  const failed = failureOf(outcomes);
  if (failed !== undefined) {
    const { keepBatch, batchId, error } = failed;
    const batch = { keepBatch, ...(batchId === undefined ? {} : { batchId }) };
    if (row.attempts >= row.maxAttempts)
      return { id: row.id, kind: "dead", error: `gave up after ${row.attempts} attempts: ${error}`, ...batch };
    const retryInMs = Math.max(waitMs, failed.retryInMs ?? 0);
    return { id: row.id, kind: "failed", error, retryInMs, ...batch };
  }
  // Sent to at least one recipient, now or on an earlier attempt: each refused recipient has an outcome of its own.
  if (row.sentBefore || outcomes.some((outcome) => outcome?.kind === "sent")) return { id: row.id, kind: "sent" };
  const dead = outcomes.find((outcome) => outcome?.kind === "dead");
  return { id: row.id, kind: "dead", error: dead?.kind === "dead" ? dead.error : "Novu refused every recipient" };
}

type Failed = Extract<Outcome, { kind: "failed" }>;

/**
 * The failure that decides how a row is retried. One with an unknown reply comes first: a retry without its batch would send what Novu may have
 * accepted again, under another key.
 */
function failureOf(outcomes: readonly (Outcome | undefined)[]): Failed | undefined {
  const failures = outcomes.filter((outcome): outcome is Failed => outcome?.kind === "failed");
  const unknown = failures.filter(({ keepBatch }) => keepBatch);
  const first = unknown[0] ?? failures[0];
  // Recipients in several halves without a reply: only the whole call contains them all.
  const ofOneHalf = unknown.every(({ batchId }) => batchId === first?.batchId);
  return first === undefined || ofOneHalf ? first : { ...first, batchId: undefined };
}
