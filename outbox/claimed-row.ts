import type { ClaimedNotification } from "../core/notification.ts";

/** A rescued row with this many attempts is isolated: three workers stopped responding while they held it. On its last attempt any row is isolated. */
export const isolateFrom = 3;

/** What each claim returns of a row: outbox/sql/parts/claimed-row.sql. */
export interface ClaimedRow {
  id: string;
  enterprise_id: string;
  workflow: string;
  /** The only one: a text is cheaper to parse than an array of one. */
  recipient: string | null;
  /** All, when there are several. */
  recipients: string[] | null;
  payload: string;
  overrides: string;
  transaction_id: string;
  attempts: number;
  max_attempts: number;
  batch_id: string;
  waited_ms: number;
  /** NULL for a row that was never attempted. */
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

/** Orders by id, a bigint as text. Without leading zeros the longer number is the greater one. */
export const byId = ({ id: a }: ClaimedNotification, { id: b }: ClaimedNotification): number =>
  a.length - b.length || (a < b ? -1 : 1);
