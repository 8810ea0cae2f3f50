/** The states of a notification. The same list stands in the database as a CHECK; `core/notification.test.ts` holds them together. */
export const statuses = ["PENDING", "PROCESSING", "SENT", "FAILED", "DEAD", "RETRACTED"] as const;
export type Status = (typeof statuses)[number];

/** The legal changes, enforced by the database (`notify.is_legal_change`). */
export const legalChanges: Readonly<Record<Status, readonly Status[]>> = {
  PENDING: ["PROCESSING", "DEAD", "RETRACTED"],
  PROCESSING: ["PENDING", "SENT", "FAILED", "DEAD"],
  SENT: ["RETRACTED"],
  FAILED: ["PROCESSING", "PENDING", "DEAD", "RETRACTED"],
  DEAD: ["PENDING", "RETRACTED"],
  RETRACTED: [],
};

/** What `notification.channels` may name. The same list stands in the database (`notify.violated_constraint`). */
export const channelNames = ["email", "sms", "push", "in_app", "chat"] as const;

/** Whether a text can be the id of a notification: a positive bigint of Postgres. */
export const isNotificationId = (text: string): boolean =>
  /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= 9_223_372_036_854_775_807n;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** JSON as Postgres has it. A worker passes it on as it is: nothing is parsed to be written again, and no number loses a digit. */
export type JsonText = string;
export type JsonObject = { readonly [key: string]: Json };

/** A subscriber id, a subscriber object (`subscriberId` and what Novu should know of it), or a topic. */
export type Recipient =
  | string
  | ({ readonly subscriberId: string } & JsonObject)
  | { readonly type: "Topic"; readonly topicKey: string };

/** What a producer asks for. */
export interface NewNotification {
  /** Tenant. */
  readonly enterpriseId: string;
  /** Id of a workflow that the bridge serves, such as `email`. */
  readonly workflow: string;
  readonly recipients: readonly Recipient[];
  readonly payload: JsonObject;
  readonly overrides?: JsonObject;
  /** Unique per tenant; the same id again with the same body answers with the first notification. Made by the database when absent. */
  readonly transactionId?: string;
  /** 0 (last) to 100 (first); 50 when absent. */
  readonly priority?: number;
  /** ISO 8601 with an offset. */
  readonly scheduledFor?: string;
  /** Subset of the channels, for a workflow that has several. */
  readonly channels?: readonly string[];
  readonly category?: string;
  readonly tags?: readonly string[];
  /** Trace context of whoever asks (W3C): the worker's spans go on with that trace. */
  readonly traceparent?: string;
}

/** A row that a claim holds, as the delivery activity needs it. */
export interface ClaimedNotification {
  /** bigint of Postgres, as text. */
  readonly id: string;
  readonly enterpriseId: string;
  readonly workflow: string;
  /** Each a Recipient. */
  readonly recipients: readonly JsonText[];
  /** An object; a workflow of several channels reads in it, under `channels`, the subset that was asked for. */
  readonly payload: JsonText;
  /** An object. */
  readonly overrides: JsonText;
  readonly transactionId: string;
  /** The attempt under way, from 1. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** The bulk call this row belongs to: kept while a reply is unknown, so that a retry repeats the same call under the same key. */
  readonly batchId: string;
  /** Ordinals of the recipients that already have a final outcome and are not sent to again. */
  readonly settled: readonly number[];
  /** At least one of those was sent to. */
  readonly sentBefore: boolean;
  /** Milliseconds since it was due (its schedule, or its insert), by the database's clock, when it was claimed. */
  readonly waitedMs?: number;
  /** Trace context of the producer (W3C), where it gave one. */
  readonly traceparent?: string | undefined;
}
