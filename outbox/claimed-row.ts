import type { ClaimedNotification, JsonObject, Recipient } from "../core/notification.ts";

/** What every claim returns of a row. */
export interface ClaimedRow {
  id: string;
  enterprise_id: string;
  workflow: string;
  recipients: Recipient[];
  payload: JsonObject;
  overrides: JsonObject;
  channels: string[] | null;
  transaction_id: string;
  attempts: number;
  max_attempts: number;
  batch_id: string;
  waited_ms: number;
  settled: number[];
  sent_before: boolean;
}

export const toClaimed = (row: ClaimedRow): ClaimedNotification => ({
  id: row.id,
  enterpriseId: row.enterprise_id,
  workflow: row.workflow,
  recipients: row.recipients,
  // A workflow of several channels reads the subset that was asked for from its payload.
  payload: row.channels === null ? row.payload : { ...row.payload, channels: row.channels },
  overrides: row.overrides,
  transactionId: row.transaction_id,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  batchId: row.batch_id,
  waitedMs: row.waited_ms,
  settled: row.settled,
  sentBefore: row.sent_before,
});

/** Orders by id, a bigint as text: of two numbers without leading zeros the longer one is the greater. */
export const byId = ({ id: a }: ClaimedNotification, { id: b }: ClaimedNotification): number =>
  a.length - b.length || (a < b ? -1 : 1);
