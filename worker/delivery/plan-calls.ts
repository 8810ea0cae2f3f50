import { createHash } from "node:crypto";
import type { DeliveryCall, DeliveryEvent } from "../../core/delivery.ts";
import { maxEventsPerCall } from "../../core/limits.ts";
import type { ClaimedNotification } from "../../core/notification.ts";

/** The rows of one batch and the calls that send them: one call, unless a notification has many recipients. */
export interface Batch {
  readonly rows: readonly ClaimedNotification[];
  readonly calls: readonly DeliveryCall[];
}

/** Pure: the rows of a claim, in the order of their ids, to batches. Recipients whose outcome is final are left out. */
export function planBatches(rows: readonly ClaimedNotification[], limit = maxEventsPerCall): Batch[] {
  const byBatch = new Map<string, ClaimedNotification[]>();
  for (const row of rows) {
    const batchRows = byBatch.get(row.batchId);
    if (batchRows) batchRows.push(row);
    else byBatch.set(row.batchId, [row]);
  }
  return [...byBatch].map(([batchId, batchRows]) => ({
    rows: batchRows,
    calls: callsOf(batchId, batchRows, limit),
  }));
}

/**
 * Pure: the batches in the order in which they are sent: those of tenants with few rows in the claim first, the others as they were. What is in a
 * batch stays: its key is made of that.
 */
export function fewestFirst(batches: readonly Batch[]): readonly Batch[] {
  if (batches.length < 2) return batches;
  const counts = new Map<string, number>();
  for (const { rows } of batches)
    for (const { enterpriseId } of rows) counts.set(enterpriseId, (counts.get(enterpriseId) ?? 0) + 1);
  if (counts.size < 2) return batches;
  const fewest = ({ rows }: Batch) => Math.min(...rows.map(({ enterpriseId }) => counts.get(enterpriseId) ?? 0));
  return batches
    .map((batch) => ({ batch, rank: fewest(batch) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ batch }) => batch);
}

/** The calls are cut before what is settled is left out: a call that is repeated after others succeeded holds the same events as before. */
function callsOf(batchId: string, rows: readonly ClaimedNotification[], limit: number): DeliveryCall[] {
  const calls: DeliveryCall[] = [];
  let events: DeliveryEvent[] = [];
  let place = 0;
  const cut = () => {
    if (events.length > 0) calls.push(callOf(batchId, events));
    events = [];
  };
  for (const row of rows) {
    const settled = row.settled.length === 0 ? undefined : new Set(row.settled);
    for (let ordinal = 0; ordinal < row.recipients.length; ordinal++) {
      if (place > 0 && place % limit === 0) cut();
      place++;
      if (!settled?.has(ordinal)) events.push(eventOf(row, ordinal));
    }
  }
  cut();
  return calls;
}

/** The same events of the same batch make the same call; any other composition has another key, since Novu answers 422 to a key with a new body. */
export const callOf = (batchId: string, events: readonly DeliveryEvent[]): DeliveryCall => ({
  idempotencyKey: `xnovu-${hashOf([batchId, ...events.map(({ transactionId }) => transactionId)]).slice(0, 40)}`,
  events,
});

/**
 * The batch of one half of a call that is sent as two. A batch of its own, and the same one whenever that call is halved: rows of a half that had no
 * reply come back as that half, whatever became of the others.
 */
export const halfOf = ({ idempotencyKey }: DeliveryCall, side: number): string =>
  // As Postgres writes a uuid, so that the key is the same once the row has come back from there.
  hashOf([idempotencyKey, String(side)]).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

const hashOf = (lines: readonly string[]): string => createHash("sha256").update(lines.join("\n")).digest("hex");

/** Novu's transaction id of one recipient: unique over tenants, and the same on every attempt. */
export const transactionIdOf = ({ enterpriseId, transactionId }: ClaimedNotification, ordinal: number): string =>
  `${enterpriseId}:${transactionId}:${ordinal}`;

const eventOf = (row: ClaimedNotification, ordinal: number): DeliveryEvent => ({
  notificationId: row.id,
  ordinal,
  recipient: row.recipients[ordinal] ?? "",
  workflow: row.workflow,
  payload: row.payload,
  overrides: row.overrides,
  transactionId: transactionIdOf(row, ordinal),
});
