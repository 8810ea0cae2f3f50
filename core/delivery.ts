import type { ClaimedNotification, JsonObject, Recipient } from "./notification.ts";

/** One (notification, recipient) pair: the unit that Novu accepts or refuses. */
export interface DeliveryEvent {
  readonly notificationId: string;
  /** Position in the notification's recipients, from 0. */
  readonly ordinal: number;
  readonly recipient: Recipient;
  readonly workflow: string;
  readonly payload: JsonObject;
  readonly overrides: JsonObject;
  /** Stable for the life of the notification: Novu drops a second event with the same id. */
  readonly transactionId: string;
}

/** One call to Novu: up to 100 events under one key. */
export interface DeliveryCall {
  /** Same events under the same batch give the same key, so a retry after a lost reply is answered from Novu's idempotency cache. */
  readonly idempotencyKey: string;
  readonly events: readonly DeliveryEvent[];
}

export type EventOutcome =
  | { readonly kind: "accepted" }
  /** Final: the same event would be refused again. */
  | { readonly kind: "rejected"; readonly reason: string }
  /** Novu answered, and this event may succeed later. */
  | { readonly kind: "retry"; readonly reason: string };

export type CallReply =
  /** Novu answered for each event, in the order of the call. */
  | { readonly kind: "answered"; readonly outcomes: readonly EventOutcome[] }
  /** The call as a whole was refused for its content. Split it to find the event at fault. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** Not known whether Novu acted: no reply, a cut connection, 5xx, or the first call still in progress (409). Repeat it unchanged. */
  | { readonly kind: "unknown"; readonly reason: string; readonly retryAfterMs?: number }
  /** An error that Novu replayed from its idempotency cache: the same key would only replay it again, so the next try needs a new one. */
  | { readonly kind: "replayed"; readonly reason: string }
  /** Novu takes nothing from anybody for now: wrong key, plan or address (401 to 405: a person must act) or 429 (wait). No attempt is spent. */
  | { readonly kind: "paused"; readonly reason: string; readonly retryAfterMs: number; readonly needsPerson: boolean };

/** How one notification of a claim ended. Written in one statement per state. */
export type Settlement =
  | { readonly id: string; readonly to: "SENT" }
  | { readonly id: string; readonly to: "DEAD"; readonly error: string }
  | {
      readonly id: string;
      readonly to: "FAILED";
      readonly error: string;
      readonly retryInMs: number;
      readonly keepBatch: boolean;
    }
  /** Back to PENDING without spending the attempt. */
  | { readonly id: string; readonly to: "PENDING" };

/** What became final for one recipient. */
export interface RecipientOutcome {
  readonly notificationId: string;
  readonly ordinal: number;
  readonly transactionId: string;
  readonly sent: boolean;
  readonly error?: string;
}

/** How many rows were written, by where they went. */
export interface SettleResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  /** Given back. */
  readonly released: number;
  /** Rows that the claim no longer held: another worker took them over, and this late write changed nothing. */
  readonly leaseLost: number;
}

export const claimKinds = ["new", "failed", "scheduled"] as const;
export type ClaimKind = (typeof claimKinds)[number];

/** What the worker's rooms need of the outbox. `outbox/` implements it over Postgres. */
export interface ClaimPort {
  /** Claims up to `limit` due rows under a new token. `count` 0 means nothing was due. */
  claim(
    kind: ClaimKind,
    owner: string,
    leaseMs: number,
    limit: number,
  ): Promise<{ readonly token: string; readonly count: number }>;
  /** Takes over rows whose lease ran out: a new token for those with attempts left, a dead letter for the rest. */
  sweep(
    owner: string,
    leaseMs: number,
    limit: number,
  ): Promise<{ readonly token: string; readonly count: number; readonly dead: number }>;
  /** Gives a claim's rows back without spending an attempt. Returns how many were still held. */
  release(token: string): Promise<number>;
  /** Gives back every row that this owner still holds. */
  releaseAll(owner: string): Promise<number>;
}

export interface DeliveryPort {
  /** Renews the lease, makes `owner` the one who works on it, and returns the rows still to be sent. None: the lease was lost or all is done. */
  adopt(token: string, owner: string, leaseMs: number): Promise<readonly ClaimedNotification[]>;
  /** Returns how many rows are still held. */
  renew(token: string, leaseMs: number): Promise<number>;
  settle(
    token: string,
    settlements: readonly Settlement[],
    recipients: readonly RecipientOutcome[],
  ): Promise<SettleResult>;
}

/** What the worker's rooms need of Novu. `novu/` implements it over the SDK. */
export interface NovuPort {
  /** Never throws for what Novu or the network answered: every such end is a CallReply. */
  send(call: DeliveryCall, signal?: AbortSignal): Promise<CallReply>;
}
