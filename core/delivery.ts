import type { ClaimedNotification, JsonText } from "./notification.ts";

/** One (notification, recipient) pair: the unit that Novu accepts or refuses. */
export interface DeliveryEvent {
  readonly notificationId: string;
  /** Position in the notification's recipients, from 0. */
  readonly ordinal: number;
  readonly recipient: JsonText;
  readonly workflow: string;
  readonly payload: JsonText;
  /** `{}` for none. */
  readonly overrides: JsonText;
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
  /** With `keepBatch` its last reply is unknown: sent again by a person, it is the same call. */
  | {
      readonly id: string;
      readonly to: "DEAD";
      readonly error: string;
      readonly keepBatch?: boolean;
      readonly batchId?: string;
    }
  | {
      readonly id: string;
      readonly to: "FAILED";
      readonly error: string;
      readonly retryInMs: number;
      readonly keepBatch: boolean;
      /** The batch to keep, where it is not the row's own: half of a call that was sent as two. */
      readonly batchId?: string;
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

/** Rows that one worker holds under one token, in the order of their ids. */
export interface Claim {
  readonly token: string;
  /** Empty: nothing was due. */
  readonly rows: readonly ClaimedNotification[];
}

/** The claim that tries after a trip of the circuit breaker: one row, with the others of its batch where a reply is unknown. */
export interface ProbeClaim extends Claim {
  /** For SendingPausePort.endProbe. */
  readonly probe: string;
}

/** What the worker's rooms need of the outbox. `outbox/` implements it over Postgres. */
export interface ClaimPort {
  /** Claims up to `limit` due rows under a new token, tenants in turn. Nothing while the sending pause is closed or half-open. */
  claim(kind: ClaimKind, owner: string, leaseMs: number, limit: number): Promise<Claim>;
  /** Takes over rows whose lease ran out: a new token for those with attempts left, a dead letter for the rest. `poison rows`: see rescueIsolated. */
  rescue(
    owner: string,
    leaseMs: number,
    limit: number,
  ): Promise<Claim & { readonly dead: number; readonly poisonRows: boolean }>;
  /** Takes over one row whose workers went silent more than once: it may be what stops them, and should be sent with nothing beside it. */
  rescueIsolated(owner: string, leaseMs: number): Promise<Claim>;
  /**
   * Takes the probe, and a row for it: both or neither. "held": another claim tries, or the sending pause is closed, or it is half-open no more.
   * The probe counts as lost after `probeMs`.
   */
  claimProbe(
    kind: ClaimKind | "rescue",
    owner: string,
    leaseMs: number,
    probeMs: number,
  ): Promise<ProbeClaim | "held" | "nothing due">;
  /** Gives rows of a claim back without spending an attempt. Returns how many were still held. */
  release(token: string, ids: readonly string[]): Promise<number>;
  /** Gives back every row that this owner still holds. */
  releaseAll(owner: string): Promise<number>;
  /** Ends the leases of a worker that is known to be gone, so that the next rescue finds its rows. False when the worker lives after all. */
  expire(owner: string): Promise<{ readonly gone: boolean; readonly rows: number }>;
}

export interface DeliveryPort {
  /** Moves rows to a new token that a Temporal workflow of their own holds. Returns the token, or undefined when none was held any more. */
  handOver(token: string, ids: readonly string[], leaseMs: number): Promise<string | undefined>;
  /**
   * Renews the lease and returns the rows still to be sent. None: the lease was lost or all is done. `again`: whoever had them before went silent, and
   * an attempt is counted; what is to go alone by now, or has no attempt left, is left to the rescue.
   */
  adopt(token: string, leaseMs: number, again?: boolean): Promise<readonly ClaimedNotification[]>;
  /** Returns how many of the rows are still held. */
  renew(token: string, ids: readonly string[], leaseMs: number): Promise<number>;
  settle(
    token: string,
    settlements: readonly Settlement[],
    recipients: readonly RecipientOutcome[],
  ): Promise<SettleResult>;
}

/** Whether anything may be sent now, as all workers see it. */
export interface SendingPauseState {
  /** Milliseconds until it opens, by the database's clock; 0 or less: open. */
  readonly pausedMs: number;
  readonly reason: string | null;
  /** A person must act: key, plan or address are wrong. */
  readonly needsPerson: boolean;
  /** How often the circuit breaker closed it since a call last succeeded. Above 0 and not closed, it is half-open: one call at a time tries. */
  readonly breakerOpens: number;
  /** Milliseconds until the probe that some worker has counts as lost; 0 or less: nobody tries. */
  readonly probeMs: number;
  /** ISO 8601: since when it is closed; absent while it is open. */
  readonly since?: string;
}

export interface BreakerPause {
  /** Milliseconds: the first pause, and the longest one. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Milliseconds that Novu asked for. */
  readonly leastMs: number;
}

/** The sending pause, shared by all workers through the database. */
export interface SendingPausePort {
  read(): Promise<SendingPauseState>;
  /** Closes it for `ms`, or leaves the later end that was told already. */
  pause(ms: number, reason: string, needsPerson: boolean): Promise<SendingPauseState>;
  /** The circuit breaker: closes it for a pause that doubles with each trip. While it is closed only `leastMs` counts, where that ends later. */
  openBreaker(reason: string, pause: BreakerPause): Promise<SendingPauseState>;
  /** A call succeeded: the breaker starts over. */
  closeBreaker(): Promise<SendingPauseState>;
  /** Gives a probe back that had no result: another one may be taken at once. */
  endProbe(probe: string): Promise<SendingPauseState>;
}

/** A call's place in a trace, where traces are on. */
export interface CallTrace {
  /** For the request's header of that name. */
  readonly traceparent: string;
  /** Novu answered with this HTTP status. */
  answered(status: number): void;
}

/** What the worker's rooms need of Novu. `novu/` implements it over the SDK. */
export interface NovuPort {
  /** Never throws for what Novu or the network answered: every such end is a CallReply. */
  send(call: DeliveryCall, signal?: AbortSignal, trace?: CallTrace): Promise<CallReply>;
}
