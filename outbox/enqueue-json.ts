import type { Pool, PoolClient } from "pg";
import { transaction } from "./pool.ts";
import { explain, Refusal } from "./producer.ts";
import { sql } from "./sql.ts";

const enqueueSql = sql("enqueue-json");
const madeHereSql = sql("made-here");

/** What the HTTP API was asked for, checked. */
export interface JsonRequest {
  readonly enterpriseId: string;
  /** The JSON as the producer wrote it: one notification, an array of them, or `{"notifications": […]}`. */
  readonly text: string;
  /** The same notifications, parsed. */
  readonly notifications: readonly { readonly transactionId?: string }[];
  /** For a single notification that names none itself. */
  readonly transactionId?: string;
  /** W3C trace context of whoever asks; a valid one. */
  readonly traceparent?: string;
}

export interface Accepted {
  readonly id: string;
  /** The transaction id was used before, with the same content: this is the first one's id. */
  readonly duplicate: boolean;
}

/** Which notification of a list the database refused, from 0; undefined when it refused the list but each of its notifications alone would do. */
export class RefusalInList extends Refusal {
  readonly position: number | undefined;

  constructor(refusal: Refusal, position: number | undefined) {
    super(refusal.message, refusal.constraint);
    this.position = position;
  }
}

/**
 * Asks for all notifications of a request, or for none of them. Ids come in the order of the notifications.
 * @throws RefusalInList when the database refuses one of them.
 */
export async function enqueueJson(pool: Pool, request: JsonRequest): Promise<Accepted[]> {
  try {
    // Without a transaction id nothing can be a duplicate, and one statement is a transaction of its own.
    if (!hasTransactionIds(request))
      return (await ask(pool, request)).map((id): Accepted => ({ id, duplicate: false }));
    return await transaction(pool, async (client) => markDuplicates(client, await ask(client, request)));
  } catch (error) {
    const refusal = explain(error);
    if (!(refusal instanceof Refusal)) throw refusal;
    const position = request.notifications.length === 1 ? 0 : await positionAtFault(pool, request);
    throw new RefusalInList(refusal, position);
  }
}

const hasTransactionIds = ({ notifications, transactionId }: JsonRequest): boolean =>
  transactionId !== undefined || notifications.some((n) => n.transactionId !== undefined);

async function ask(db: Pool | PoolClient, request: JsonRequest): Promise<string[]> {
  const { enterpriseId, text, transactionId, traceparent } = request;
  const values = [enterpriseId, text, transactionId ?? null, traceparent ?? null];
  const { rows } = await db.query<{ id: string }>(enqueueSql, values);
  return rows.map(({ id }) => id);
}

/** A later one of the same list is a duplicate as well. */
async function markDuplicates(client: PoolClient, ids: readonly string[]): Promise<Accepted[]> {
  const { rows } = await client.query<{ id: string }>(madeHereSql, [ids]);
  const made = new Set(rows.map(({ id }) => id));
  return ids.map((id) => ({ id, duplicate: !made.delete(id) }));
}

/** Postgres does not tell which row of a statement it refused: asks for one after the other, and takes all of it back. */
async function positionAtFault(pool: Pool, { enterpriseId, notifications }: JsonRequest): Promise<number | undefined> {
  const found = { position: undefined as number | undefined };
  const takeBack = new Error("taken back");
  await transaction(pool, async (client) => {
    for (const [position, notification] of notifications.entries()) {
      found.position = position;
      await ask(client, { enterpriseId, text: JSON.stringify([notification]), notifications: [notification] });
    }
    found.position = undefined;
    throw takeBack;
  }).catch((error: unknown) => {
    if (error !== takeBack && !(explain(error) instanceof Refusal)) throw error;
  });
  return found.position;
}
