/** The states of a notification. The database has the same list as a CHECK; a test compares them. */
export const statuses = ["PENDING", "PROCESSING", "SENT", "FAILED", "DEAD", "RETRACTED"] as const;
export type Status = (typeof statuses)[number];

/** The legal state changes. The database enforces them (`notify.is_legal_change`). */
export const legalChanges: Readonly<Record<Status, readonly Status[]>> = {
  PENDING: ["PROCESSING", "DEAD", "RETRACTED"],
  PROCESSING: ["PENDING", "SENT", "FAILED", "DEAD"],
  SENT: ["RETRACTED"],
  FAILED: ["PROCESSING", "PENDING", "DEAD", "RETRACTED"],
  DEAD: ["PENDING", "RETRACTED"],
  RETRACTED: [],
};

/** What `notification.channels` may name. The database has the same list (`notify.violated_constraint`). */
export const channelNames = ["email", "sms", "push", "in_app", "chat"] as const;

/** Whether a text can be the id of a notification: a positive bigint of Postgres. */
export const isNotificationId = (text: string): boolean =>
  /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= 9_223_372_036_854_775_807n;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
/** JSON text as Postgres returns it. The worker forwards it without parsing, which saves time and keeps every digit of a number. */
export type JsonText = string;
export type JsonObject = { readonly [key: string]: Json };

/** A subscriber id, a subscriber object (`subscriberId` and its attributes for Novu), or a topic. */
export type Recipient =
  | string
  | ({ readonly subscriberId: string } & JsonObject)
  | { readonly type: "Topic"; readonly topicKey: string };

/** A notification as a producer enqueues it. */
export interface NewNotification {
  /** Tenant. */
  readonly enterpriseId: string;
  /** Id of a workflow that the bridge serves, such as `email`. */
  readonly workflow: string;
  readonly recipients: readonly Recipient[];
  readonly payload: JsonObject;
  readonly overrides?: JsonObject;
  /** Unique per tenant; repeated with the same body, it returns the first notification. The database generates it when absent. */
  readonly transactionId?: string;
  /** 0 (last) to 100 (first); 50 when absent. */
  readonly priority?: number;
  /** ISO 8601 with an offset. */
  readonly scheduledFor?: string;
  /** Subset of the channels, for a workflow that has several. */
  readonly channels?: readonly string[];
  readonly category?: string;
  readonly tags?: readonly string[];
  /** Trace context of the producer (W3C): the worker's spans continue its trace. */
  readonly traceparent?: string;
}

/** A row that a claim holds, as its delivery needs it. */
export interface ClaimedNotification {
  /** bigint of Postgres, as text. */
  readonly id: string;
  readonly enterpriseId: string;
  readonly workflow: string;
  /** Each a Recipient. */
  readonly recipients: readonly JsonText[];
  /** An object; a workflow of several channels reads in it, under `channels`, the requested subset. */
  readonly payload: JsonText;
  /** An object. */
  readonly overrides: JsonText;
  readonly transactionId: string;
  /** The current attempt, from 1. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** The bulk call this row belongs to: kept while a reply is unknown, so that a retry repeats the same call with the same key. */
  readonly batchId: string;
  /** Ordinals of the recipients that already have a final outcome and are not sent to again. */
  readonly settled: readonly number[];
  /** At least one of those was sent. */
  readonly sentBefore: boolean;
  /** Milliseconds since it was due (its schedule, or its insert), at the time of the claim, by the database's clock. */
  readonly waitedMs?: number;
  /** Trace context of the producer (W3C), where it gave one. */
  readonly traceparent?: string | undefined;
}
