import type { Pool } from "pg";
import { messageOf, UsageError } from "../core/errors.ts";
import type { NewNotification } from "../core/notification.ts";
import { statement } from "./sql.ts";

const enqueueRow = statement("enqueue", [
  "enterpriseId",
  "workflow",
  "recipients",
  "payload",
  "transactionId",
  "scheduledFor",
  "priority",
  "overrides",
  "channels",
  "category",
  "tags",
  "traceparent",
]);

/** What to change about a notification that the database refuses, by the name of the constraint. */
const refusals: Readonly<Record<string, string>> = {
  notification_enterprise_valid: "the tenant id must have 1 to 100 characters of A-Z a-z 0-9 . _ @ -",
  notification_workflow_valid: "the workflow must have 1 to 128 characters of A-Z a-z 0-9 . _ -",
  notification_recipients_valid:
    'the recipients must be 1 to 10,000 different ones, each a subscriber id, an object with "subscriberId", or {"type":"Topic","topicKey":"…"}',
  notification_payload_object: "the payload must be a JSON object",
  notification_payload_size: "the payload must be 1 MiB or less",
  notification_overrides_object: "the overrides must be a JSON object",
  notification_overrides_size: "the overrides must be 1 MiB or less",
  notification_channels_known: "the channels must be some of email, sms, push, in_app, chat",
  notification_priority_range: "the priority must be 0 to 100",
  notification_transaction_valid: "the transaction id must have 1 to 200 characters of A-Z a-z 0-9 . _ : @ + = -",
  notification_traceparent_valid:
    "the traceparent must be as in W3C Trace Context: 00-<32 hex digits>-<16 hex digits>-01",
  notification_transaction_unique: "the transaction id was used before with other content: use a new one",
};

/** The database refused a notification because of its content and stored nothing. The message says what to change. */
export class Refusal extends UsageError {
  /** The violated constraint; undefined for data that Postgres cannot store, such as \u0000 in a text. */
  readonly constraint: string | undefined;

  constructor(message: string, constraint?: string) {
    super(message);
    this.constraint = constraint;
  }
}

/**
 * Enqueues a notification and returns its id. The same transaction id with the same content returns the id of the first one.
 * @throws Refusal when the database refuses it.
 */
export async function enqueue(pool: Pool, n: NewNotification): Promise<string> {
  const query = enqueueRow.query({
    enterpriseId: n.enterpriseId,
    workflow: n.workflow,
    recipients: JSON.stringify(n.recipients),
    payload: JSON.stringify(n.payload),
    transactionId: n.transactionId ?? null,
    scheduledFor: n.scheduledFor ?? null,
    priority: n.priority ?? null,
    overrides: n.overrides ? JSON.stringify(n.overrides) : null,
    channels: n.channels ?? null,
    category: n.category ?? null,
    tags: n.tags ?? null,
    traceparent: n.traceparent ?? null,
  });
  try {
    const { rows } = await pool.query<{ id: string }>(query);
    const id = rows[0]?.id;
    if (id === undefined) throw new Error("notify.enqueue returned no row");
    return id;
  } catch (error) {
    throw explain(error);
  }
}

/** Turns the error of a refused notification into a Refusal. Returns any other error unchanged. */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { constraint, code } = error as Error & { constraint?: string; code?: string };
  const refusal = constraint === undefined ? undefined : refusals[constraint];
  if (refusal !== undefined) return new Refusal(refusal, constraint);
  // 22xxx: data that Postgres cannot store, such as \u0000 in a text or a time that does not exist.
  if (code?.startsWith("22")) return new Refusal(messageOf(error));
  return error;
}
