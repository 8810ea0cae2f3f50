import type { Pool, PoolClient } from "pg";
import { transaction } from "./pool.ts";
import { explain, Refusal } from "./producer.ts";
import { statement } from "./sql.ts";

const enqueueRequest = statement("enqueue-json", ["enterpriseId", "request", "transactionId", "traceparent"]);
const listInserted = statement("list-inserted", ["ids"]);

/** A request of the HTTP API, validated. */
export interface JsonRequest {
  readonly enterpriseId: string;
  /** The JSON as the producer wrote it: one notification, an array of them, or `{"notifications": […]}`. */
  readonly text: string;
  /** The same notifications, parsed. */
  readonly notifications: readonly { readonly transactionId?: string }[];
  /** For a single notification that has none. */
  readonly transactionId?: string;
  /** W3C trace context of the request, validated. */
  readonly traceparent?: string;
}

export interface Accepted {
  readonly id: string;
  /** A notification with this transaction id and the same content existed before; the id is its id. */
  readonly duplicate: boolean;
}

/** The database refused a list. `position` is the refused notification, from 0; undefined when each notification would be accepted without the others. */
export class RefusalInList extends Refusal {
  readonly position: number | undefined;

  constructor(refusal: Refusal, position: number | undefined) {
    super(refusal.message, refusal.constraint);
    this.position = position;
  }
}

/**
 * Enqueues all notifications of a request, or none of them. The ids are in the order of the notifications.
 * @throws RefusalInList when the database refuses one of them.
 */
export async function enqueueJson(pool: Pool, request: JsonRequest): Promise<Accepted[]> {
  try {
    // Without transaction ids there are no duplicates to find, and a single statement needs no BEGIN.
    if (!hasTransactionIds(request))
      return (await insert(pool, request)).map((id): Accepted => ({ id, duplicate: false }));
    return await transaction(pool, async (client) => markDuplicates(client, await insert(client, request)));
  } catch (error) {
    const refusal = explain(error);
    if (!(refusal instanceof Refusal)) throw refusal;
    const position = request.notifications.length === 1 ? 0 : await refusedPosition(pool, request);
    throw new RefusalInList(refusal, position);
  }
}

const hasTransactionIds = ({ notifications, transactionId }: JsonRequest): boolean =>
  transactionId !== undefined || notifications.some((n) => n.transactionId !== undefined);

async function insert(db: Pool | PoolClient, request: JsonRequest): Promise<string[]> {
  const { enterpriseId, text, transactionId, traceparent } = request;
  const query = enqueueRequest.query({
    enterpriseId,
    request: text,
    transactionId: transactionId ?? null,
    traceparent: traceparent ?? null,
  });
  const { rows } = await db.query<{ id: string }>(query);
  return rows.map(({ id }) => id);
}

/** The second of two equal notifications in one list is a duplicate, too. */
async function markDuplicates(client: PoolClient, ids: readonly string[]): Promise<Accepted[]> {
  const { rows } = await client.query<{ id: string }>(listInserted.query({ ids }));
  const inserted = new Set(rows.map(({ id }) => id));
  return ids.map((id) => ({ id, duplicate: !inserted.delete(id) }));
}

/** Postgres does not say which row of a statement it refused: inserts one after the other, then rolls back. */
async function refusedPosition(pool: Pool, { enterpriseId, notifications }: JsonRequest): Promise<number | undefined> {
  const found = { position: undefined as number | undefined };
  const rollback = new Error("rollback");
  await transaction(pool, async (client) => {
    for (const [position, notification] of notifications.entries()) {
      found.position = position;
      await insert(client, { enterpriseId, text: JSON.stringify([notification]), notifications: [notification] });
    }
    found.position = undefined;
    throw rollback;
  }).catch((error: unknown) => {
    if (error !== rollback && !(explain(error) instanceof Refusal)) throw error;
  });
  return found.position;
}
