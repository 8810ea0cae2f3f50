import { randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { crashPoint } from "../core/crash-point.ts";
import type { DeliveryPort, OutcomeKind, RecipientOutcome, Settlement, SettleResult } from "../core/delivery.ts";
import { byId, type ClaimedRow, isolateFrom, toClaimed } from "./claimed-row.ts";
import { transaction } from "./pool.ts";
import { sql } from "./sql.ts";

const startFanOutSql = sql("hand-over");
const adoptSql = sql("adopt");
const renewSql = sql("renew");
const recordSql = sql("record-recipients");
const settleSent = sql("settle-sent");
const markSent = sql("mark-sent");
const markFailed = sql("mark-failed");
const markDead = sql("mark-dead");
const release = sql("release");

/** What a delivery reads and writes while it holds a claim. Each write names the token; rows that it no longer holds stay as they are. */
export function createDelivery(pool: Pool): DeliveryPort {
  return {
    async startFanOut(token, ids, leaseMs) {
      const next = randomUUID();
      const values = [token, ids, next, `xnovu-claim-${next}`, leaseMs];
      return (await pool.query(startFanOutSql, values)).rowCount === 0 ? undefined : next;
    },
    async adopt(token, leaseMs, again = false) {
      const { rows } = await pool.query<ClaimedRow>(adoptSql, [token, leaseMs, again, isolateFrom]);
      return rows.map(toClaimed).sort(byId);
    },
    async renew(token, ids, leaseMs) {
      return (await pool.query(renewSql, [token, ids, leaseMs])).rowCount ?? 0;
    },
    async settle(token, settlements, recipients) {
      return onlySent(settlements, recipients)
        ? await allSent(pool, token, settlements, recipients)
        : await transaction(pool, (client) => settle(client, token, settlements, recipients));
    },
  };
}

/** Whether nothing else is to be written: no other state, and no recipient of a row that is still being sent. */
function onlySent(settlements: readonly Settlement[], recipients: readonly RecipientOutcome[]): boolean {
  if (settlements.length === 0 || !settlements.every(({ kind }) => kind === "sent")) return false;
  // Usually none: a notification for one recipient has no rows of its own here.
  if (recipients.length === 0) return true;
  const ids = new Set(settlements.map(({ id }) => id));
  return recipients.every(({ notificationId }) => ids.has(notificationId));
}

/** The usual end of a batch, in one statement. */
async function allSent(
  pool: Pool,
  token: string,
  settlements: readonly Settlement[],
  recipients: readonly RecipientOutcome[],
): Promise<SettleResult> {
  const values = [token, bigintArray(settlements.map(({ id }) => id)), ...recipientColumns(recipients)];
  const { rows } = await pool.query<{ sent: number }>({ name: "settle-sent", text: settleSent, values });
  const sent = rows[0]?.sent ?? 0;
  return { sent, failed: 0, dead: 0, released: 0, leaseLost: settlements.length - sent };
}

/** Numbers need no quotes: an array of them as Postgres reads it, without a look at each one. */
const bigintArray = (ids: readonly string[]): string => `{${ids.join()}}`;

async function settle(
  client: PoolClient,
  token: string,
  settlements: readonly Settlement[],
  recipients: readonly RecipientOutcome[],
): Promise<SettleResult> {
  const held = await record(client, token, recipients);
  const of = <K extends OutcomeKind>(kind: K) =>
    settlements.filter((s): s is Extract<Settlement, { kind: K }> => s.kind === kind);
  const [sent, failed, dead, released] = [of("sent"), of("failed"), of("dead"), of("released")];
  const ids = (list: readonly Settlement[]) => list.map(({ id }) => id);
  const write = async (list: readonly Settlement[], text: string, values: unknown[]): Promise<number> =>
    list.length === 0 ? 0 : ((await client.query(text, values)).rowCount ?? 0);
  const batchColumns = (list: readonly (Settlement & { keepBatch?: boolean; batchId?: string })[]) => [
    list.map((s) => s.keepBatch ?? false),
    list.map((s) => s.batchId ?? null),
  ];
  const errors = (list: readonly { error: string }[]) => list.map((s) => storable(s.error));
  const inMs = failed.map((s) => s.retryInMs ?? 0);
  const written = {
    sent: await write(sent, markSent, [token, ids(sent)]),
    failed: await write(failed, markFailed, [token, ids(failed), errors(failed), inMs, ...batchColumns(failed)]),
    dead: await write(dead, markDead, [token, ids(dead), errors(dead), ...batchColumns(dead)]),
    released: await write(released, release, [token, ids(released)]),
  };
  crashPoint("before-settle-commit");
  const total = Object.values(written).reduce((sum, count) => sum + count, 0);
  const settled = new Set(ids(settlements));
  // Rows that are still being sent, of which only recipients were to be written.
  const open = new Set(recipients.map(({ notificationId }) => notificationId).filter((id) => !settled.has(id)));
  const openLost = [...open].filter((id) => !held.has(id)).length;
  return { ...written, leaseLost: settlements.length - total + openLost };
}

/** Novu's words may hold U+0000, which Postgres' texts cannot: refused, the row could never be settled. */
const storable = (text: string): string => text.replaceAll("\0", "");

/** Returns the rows of which they were recorded: those that the claim still held. */
async function record(
  client: PoolClient,
  token: string,
  recipients: readonly RecipientOutcome[],
): Promise<ReadonlySet<string>> {
  if (recipients.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(recordSql, [token, ...recipientColumns(recipients)]);
  return new Set(rows.map(({ id }) => id));
}

const recipientColumns = (recipients: readonly RecipientOutcome[]) => [
  recipients.map((r) => r.notificationId),
  recipients.map((r) => r.ordinal),
  recipients.map((r) => r.transactionId),
  recipients.map((r) => (r.kind === "sent" ? null : storable(r.error))),
];
