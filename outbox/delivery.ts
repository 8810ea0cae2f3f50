import type { Pool, PoolClient } from "pg";
import type { DeliveryPort, RecipientOutcome, Settlement, SettleResult } from "../core/delivery.ts";
import type { ClaimedNotification, JsonObject, Recipient } from "../core/notification.ts";
import { transaction } from "./pool.ts";
import { sql } from "./sql.ts";

const adoptSql = sql("adopt");
const renewSql = sql("renew");
const recordSql = sql("record-recipients");
const markSent = sql("mark-sent");
const markFailed = sql("mark-failed");
const markDead = sql("mark-dead");
const release = sql("release");

interface AdoptedRow {
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
  settled: number[];
  sent_before: boolean;
}

/** What a delivery reads and writes while it holds a claim. Each write names the token; rows that it no longer holds stay as they are. */
export function createDelivery(pool: Pool): DeliveryPort {
  return {
    async adopt(token, owner, leaseMs) {
      const { rows } = await pool.query<AdoptedRow>(adoptSql, [token, owner, leaseMs]);
      return rows.map(toClaimed).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    },
    async renew(token, leaseMs) {
      return (await pool.query(renewSql, [token, leaseMs])).rowCount ?? 0;
    },
    settle: (token, settlements, recipients) =>
      transaction(pool, (client) => settle(client, token, settlements, recipients)),
  };
}

const toClaimed = (row: AdoptedRow): ClaimedNotification => ({
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
  settled: row.settled,
  sentBefore: row.sent_before,
});

async function settle(
  client: PoolClient,
  token: string,
  settlements: readonly Settlement[],
  recipients: readonly RecipientOutcome[],
): Promise<SettleResult> {
  await record(client, token, recipients);
  const to = <S extends Settlement["to"]>(status: S) =>
    settlements.filter((s): s is Extract<Settlement, { to: S }> => s.to === status);
  const [sent, failed, dead, pending] = [to("SENT"), to("FAILED"), to("DEAD"), to("PENDING")];
  const ids = (list: readonly Settlement[]) => list.map(({ id }) => id);
  const write = async (list: readonly Settlement[], text: string, values: unknown[]): Promise<number> =>
    list.length === 0 ? 0 : ((await client.query(text, values)).rowCount ?? 0);
  const written = {
    sent: await write(sent, markSent, [token, ids(sent)]),
    failed: await write(failed, markFailed, [
      token,
      ids(failed),
      failed.map((s) => storable(s.error)),
      failed.map((s) => s.retryInMs),
      failed.map((s) => s.keepBatch),
    ]),
    dead: await write(dead, markDead, [token, ids(dead), dead.map((s) => storable(s.error))]),
    released: await write(pending, release, [token, ids(pending)]),
  };
  const total = Object.values(written).reduce((sum, count) => sum + count, 0);
  return { ...written, leaseLost: settlements.length - total };
}

/** Novu's words may hold U+0000, which Postgres' texts cannot: refused, the row could never be settled. */
const storable = (text: string): string => text.replaceAll("\0", "");

async function record(client: PoolClient, token: string, recipients: readonly RecipientOutcome[]): Promise<void> {
  if (recipients.length === 0) return;
  await client.query(recordSql, [
    token,
    recipients.map((r) => r.notificationId),
    recipients.map((r) => r.ordinal),
    recipients.map((r) => r.transactionId),
    recipients.map((r) => (r.sent ? null : storable(r.error ?? "refused"))),
  ]);
}
