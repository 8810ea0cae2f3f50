import { randomUUID } from "node:crypto";
import type { Pool, PoolClient, QueryConfig } from "pg";
import { crashPoint } from "../core/crash-point.ts";
import type { DeliveryPort, OutcomeKind, RecipientOutcome, Settlement, SettleResult } from "../core/delivery.ts";
import { claimWorkflowId } from "../core/workflow-ids.ts";
import { byId, type ClaimedRow, isolateFrom, toClaimed } from "./claimed-row.ts";
import { transaction } from "./pool.ts";
import { withoutNul } from "./rows.ts";
import { statement } from "./sql.ts";

const startFanOutRows = statement("start-fan-out", ["token", "ids", "nextToken", "workflowId", "leaseMs"]);
const adoptRows = statement("adopt", ["token", "leaseMs", "again", "isolateFrom"]);
const renewRows = statement("renew", ["token", "ids", "leaseMs"]);
const recipientColumns = ["notificationIds", "ordinals", "transactionIds", "errors"] as const;
const recordRecipients = statement("record-recipients", ["token", ...recipientColumns]);
const settleSent = statement("settle-sent", ["token", "ids", ...recipientColumns]);
const markSent = statement("mark-sent", ["token", "ids"]);
const markFailed = statement("mark-failed", ["token", "ids", "errors", "retryMs", "keepBatch", "batches"]);
const markDead = statement("mark-dead", ["token", "ids", "errors", "keepBatch", "batches"]);
const releaseRows = statement("release", ["token", "ids"]);

/** What a delivery reads and writes while it holds a claim. Each write names the token; rows that the claim no longer holds do not change. */
export function createDelivery(pool: Pool): DeliveryPort {
  return {
    async startFanOut(token, ids, leaseMs) {
      const nextToken = randomUUID();
      const query = startFanOutRows.query({ token, ids, nextToken, workflowId: claimWorkflowId(nextToken), leaseMs });
      return (await pool.query(query)).rowCount === 0 ? undefined : nextToken;
    },
    async adopt(token, leaseMs, again = false) {
      const { rows } = await pool.query<ClaimedRow>(adoptRows.query({ token, leaseMs, again, isolateFrom }));
      return rows.map(toClaimed).sort(byId);
    },
    async renew(token, ids, leaseMs) {
      return (await pool.query(renewRows.query({ token, ids, leaseMs }))).rowCount ?? 0;
    },
    async settle(token, settlements, recipients) {
      return onlySent(settlements, recipients)
        ? await allSent(pool, token, settlements, recipients)
        : await transaction(pool, (client) => settle(client, token, settlements, recipients));
    },
  };
}

/** Whether all rows were sent and every recipient belongs to one of them. */
function onlySent(settlements: readonly Settlement[], recipients: readonly RecipientOutcome[]): boolean {
  if (settlements.length === 0 || !settlements.every(({ kind }) => kind === "sent")) return false;
  // The usual case: only notifications with several recipients have recipient rows.
  if (recipients.length === 0) return true;
  const ids = new Set(settlements.map(({ id }) => id));
  return recipients.every(({ notificationId }) => ids.has(notificationId));
}

/** One statement for the usual end of a batch. */
async function allSent(
  pool: Pool,
  token: string,
  settlements: readonly Settlement[],
  recipients: readonly RecipientOutcome[],
): Promise<SettleResult> {
  const ids = bigintArray(settlements.map(({ id }) => id));
  const query = settleSent.prepared({ token, ids, ...columnsOf(recipients) });
  const { rows } = await pool.query<{ sent: number }>(query);
  const sent = rows[0]?.sent ?? 0;
  return { sent, failed: 0, dead: 0, released: 0, leaseLost: settlements.length - sent };
}

/** The text form of a Postgres array. Numbers need no quotes, so `pg` need not escape each one. */
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
  const write = async (list: readonly Settlement[], query: () => QueryConfig): Promise<number> =>
    list.length === 0 ? 0 : ((await client.query(query())).rowCount ?? 0);
  const retryMs = failed.map((s) => s.retryInMs ?? 0);
  const written = {
    sent: await write(sent, () => markSent.query({ token, ids: idsOf(sent) })),
    failed: await write(failed, () => markFailed.query({ token, ...errorColumns(failed), retryMs })),
    dead: await write(dead, () => markDead.query({ token, ...errorColumns(dead) })),
    released: await write(released, () => releaseRows.query({ token, ids: idsOf(released) })),
  };
  crashPoint("before-settle-commit");
  const total = Object.values(written).reduce((sum, count) => sum + count, 0);
  const settled = new Set(idsOf(settlements));
  // Rows that are still being sent: only their recipients were written.
  const open = new Set(recipients.map(({ notificationId }) => notificationId).filter((id) => !settled.has(id)));
  const openLost = [...open].filter((id) => !held.has(id)).length;
  return { ...written, leaseLost: settlements.length - total + openLost };
}

const idsOf = (list: readonly Settlement[]) => list.map(({ id }) => id);

const errorColumns = (list: readonly Extract<Settlement, { error: string }>[]) => ({
  ids: idsOf(list),
  errors: list.map((s) => withoutNul(s.error)),
  keepBatch: list.map((s) => s.keepBatch ?? false),
  batches: list.map((s) => s.batchId ?? null),
});

/** Returns the rows whose recipients were recorded: those that the claim still held. */
async function record(
  client: PoolClient,
  token: string,
  recipients: readonly RecipientOutcome[],
): Promise<ReadonlySet<string>> {
  if (recipients.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(recordRecipients.query({ token, ...columnsOf(recipients) }));
  return new Set(rows.map(({ id }) => id));
}

const columnsOf = (recipients: readonly RecipientOutcome[]) => ({
  notificationIds: recipients.map((r) => r.notificationId),
  ordinals: recipients.map((r) => r.ordinal),
  transactionIds: recipients.map((r) => r.transactionId),
  errors: recipients.map((r) => (r.kind === "sent" ? null : withoutNul(r.error))),
});
