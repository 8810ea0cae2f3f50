import type { ClaimedNotification } from "../core/notification.ts";

/** Attempts from which a row that is taken over goes alone: by then three workers went silent with it. One with fewer goes alone on its last. */
export const isolateFrom = 3;

/** What every claim returns of a row. */
export interface ClaimedRow {
  id: string;
  enterprise_id: string;
  workflow: string;
  /** The only one. A text by itself costs less than a list of one. */
  recipient: string | null;
  /** All, where there are several. */
  recipients: string[] | null;
  payload: string;
  overrides: string;
  transaction_id: string;
  attempts: number;
  max_attempts: number;
  batch_id: string;
  waited_ms: number;
  /** NULL for a row that was never tried. */
  settled: number[] | null;
  sent_before: boolean;
  traceparent: string | null;
}

const none: readonly never[] = [];

export const toClaimed = (row: ClaimedRow): ClaimedNotification => ({
  id: row.id,
  enterpriseId: row.enterprise_id,
  workflow: row.workflow,
  recipients: row.recipient === null ? (row.recipients ?? none) : [row.recipient],
  payload: row.payload,
  overrides: row.overrides,
  transactionId: row.transaction_id,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  batchId: row.batch_id,
  waitedMs: row.waited_ms,
  settled: row.settled ?? none,
  sentBefore: row.sent_before,
  traceparent: row.traceparent ?? undefined,
});

/** Orders by id, a bigint as text: of two numbers without leading zeros the longer one is the greater. */
export const byId = ({ id: a }: ClaimedNotification, { id: b }: ClaimedNotification): number =>
  a.length - b.length || (a < b ? -1 : 1);
