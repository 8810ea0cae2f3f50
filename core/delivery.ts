import type { ClaimedNotification, JsonText } from "./notification.ts";

/** One notification for one recipient: the unit that Novu accepts or refuses. */
export interface DeliveryEvent {
  readonly notificationId: string;
  /** Position in the notification's recipients, from 0. */
  readonly ordinal: number;
  readonly recipient: JsonText;
  readonly workflow: string;
  readonly payload: JsonText;
  /** `{}` for none. */
  readonly overrides: JsonText;
  /** The same on every attempt: Novu drops a second event with the same id. */
  readonly transactionId: string;
}

/** One bulk call to Novu: up to 100 events under one idempotency key. */
export interface DeliveryCall {
  /** The same events of the same batch have the same key, so Novu replies to a repeated call from its idempotency cache. */
  readonly idempotencyKey: string;
  readonly events: readonly DeliveryEvent[];
}

/** Novu accepts no call from anybody for now. */
export interface PauseRequest {
  readonly reason: string;
  readonly retryAfterMs: number;
  /** True for a wrong key, plan or address (401 to 405): an operator must act. False for 429: wait. */
  readonly needsPerson: boolean;
}

/** What Novu replied to one call. `novu/` derives it from the HTTP response; the delivery turns it into outcomes. */
export type CallReply =
  /** One outcome for each event, in the order of the call. */
  | { readonly kind: "answered"; readonly outcomes: readonly Outcome[] }
  /** Novu refused the call as a whole for its content. Split it to find the bad event. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** Novu may or may not have acted: no reply, a cut connection, 5xx, or the first call still in progress (409). Repeat the call unchanged. */
  | { readonly kind: "unknown"; readonly reason: string; readonly retryAfterMs?: number }
  /** Novu replayed an error from its idempotency cache. The same key would replay it again, so the next attempt needs a new one. */
  | { readonly kind: "replayed"; readonly reason: string }
  /** No attempt is spent. */
  | ({ readonly kind: "paused" } & PauseRequest);

/**
 * How an attempt ended, for one recipient or for a whole notification. The same words are the labels of metrics and spans; the outbox maps them to
 * row states.
 */
export type Outcome =
  | { readonly kind: "sent" }
  /** Another attempt follows. */
  | {
      readonly kind: "failed";
      readonly error: string;
      /** The last reply is unknown, so the next attempt repeats the same call. */
      readonly keepBatch: boolean;
      /** The batch to keep where it is not the row's own: half of a call that was split. */
      readonly batchId?: string;
      /** Milliseconds until the next attempt; from Novu's reply, the least that it requests. */
      readonly retryInMs?: number;
    }
  /** Final: Novu refused it, or the attempts are used up. With `keepBatch` the last reply is unknown, and a retry by an operator repeats the same call. */
  | { readonly kind: "dead"; readonly error: string; readonly keepBatch?: boolean; readonly batchId?: string }
  /** Not sent, and no attempt is spent. `pause` is set where Novu accepts no call for now. */
  | { readonly kind: "released"; readonly pause?: PauseRequest };

export type OutcomeKind = Outcome["kind"];
export const outcomeKinds = ["sent", "failed", "dead", "released"] as const satisfies readonly OutcomeKind[];

/** How one notification of a claim ended. */
export type Settlement = { readonly id: string } & Outcome;

/** What became final for one recipient: `sent` or `dead`. */
export type RecipientOutcome = {
  readonly notificationId: string;
  readonly ordinal: number;
  readonly transactionId: string;
} & Extract<Outcome, { kind: "sent" | "dead" }>;

/** Rows written, by outcome. */
export interface SettleResult {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  readonly released: number;
  /** Rows that another worker had taken over: this late write did not change them. */
  readonly leaseLost: number;
}

export const claimKinds = ["new", "failed", "scheduled"] as const;
export type ClaimKind = (typeof claimKinds)[number];

/** Rows that one worker holds under one token, in the order of their ids. */
export interface Claim {
  readonly token: string;
  /** Empty when nothing was due. */
  readonly rows: readonly ClaimedNotification[];
}

/** The claim of a probe: one row, with the other rows of its batch if their reply is unknown. */
export interface ProbeClaim extends Claim {
  /** For SendingPausePort.endProbe. */
  readonly probe: string;
}

/** How the worker claims rows. `outbox/` implements it with Postgres. */
export interface ClaimPort {
  /** Claims up to `limit` due rows under a new token, tenants in turn. Claims nothing while sending is paused or the breaker is half-open. */
  claim(kind: ClaimKind, owner: string, leaseMs: number, limit: number): Promise<Claim>;
  /** Takes over rows whose lease expired: rows with attempts left get a new token, the others become dead letters. `poisonRows`: rescueIsolated has work. */
  rescue(
    owner: string,
    leaseMs: number,
    limit: number,
  ): Promise<Claim & { readonly dead: number; readonly poisonRows: boolean }>;
  /** Takes over one poison row: its lease expired more than once, so it may be what crashes its workers. Send it in isolation. */
  rescueIsolated(owner: string, leaseMs: number): Promise<Claim>;
  /**
   * Takes the probe and a row for it, or neither. "held": another claim has the probe, sending is paused, or the breaker is closed. The probe counts
   * as lost after `probeMs`.
   */
  claimProbe(
    kind: ClaimKind | "rescue",
    owner: string,
    leaseMs: number,
    probeMs: number,
  ): Promise<ProbeClaim | "held" | "nothing due">;
  /** Releases rows of a claim without spending an attempt. Returns how many the claim still held. */
  release(token: string, ids: readonly string[]): Promise<number>;
  /** Releases every row that this owner holds. */
  releaseAll(owner: string): Promise<number>;
  /** Ends the leases of a worker if it is gone, so that the next rescue finds its rows. */
  expire(owner: string): Promise<{ readonly gone: boolean; readonly rows: number }>;
}

/** What a delivery reads and writes while it holds a claim. Each write names the token, and changes only rows that the token holds. */
export interface DeliveryPort {
  /** Moves rows to a new token for a fan-out workflow. Returns the token, or undefined when the old token held none of them. */
  startFanOut(token: string, ids: readonly string[], leaseMs: number): Promise<string | undefined>;
  /**
   * Renews the lease and returns the rows still to send; none if the lease was lost or all are sent. `again`: an earlier attempt did not end, so an
   * attempt is counted, and poison rows and rows without attempts are left to the rescue loop.
   */
  adopt(token: string, leaseMs: number, again?: boolean): Promise<readonly ClaimedNotification[]>;
  /** Renews the lease. Returns how many of the rows the token still holds. */
  renew(token: string, ids: readonly string[], leaseMs: number): Promise<number>;
  settle(
    token: string,
    settlements: readonly Settlement[],
    recipients: readonly RecipientOutcome[],
  ): Promise<SettleResult>;
}

/** The state of the sending pause and of the circuit breaker, for all workers. */
export interface SendingPauseState {
  /** Milliseconds until sending resumes, by the database's clock. 0 or less: sending is not paused. */
  readonly pausedMs: number;
  readonly reason: string | null;
  /** An operator must act: key, plan or address are wrong. */
  readonly needsPerson: boolean;
  /** How often the breaker opened since a call last succeeded. 0: closed. Above 0: open while sending is paused, half-open after that. */
  readonly breakerOpens: number;
  /** Milliseconds until the current probe counts as lost. 0 or less: there is no probe. */
  readonly probeMs: number;
  /** ISO 8601: when the pause started; absent while sending is not paused. */
  readonly since?: string;
}

export interface BreakerPause {
  /** Milliseconds: the first pause, and the longest one. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Milliseconds of Novu's Retry-After. */
  readonly leastMs: number;
}

/** The sending pause, which all workers share through the database. */
export interface SendingPausePort {
  read(): Promise<SendingPauseState>;
  /** Pauses sending for `ms`. A pause that ends later stays. */
  pause(ms: number, reason: string, needsPerson: boolean): Promise<SendingPauseState>;
  /** Opens the breaker: pauses sending for a time that doubles with each opening. During a pause only `leastMs` counts, if it ends later. */
  openBreaker(reason: string, pause: BreakerPause): Promise<SendingPauseState>;
  /** A call succeeded: closes the breaker. */
  closeBreaker(): Promise<SendingPauseState>;
  /** Releases a probe without a result, so that the next one can start at once. */
  endProbe(probe: string): Promise<SendingPauseState>;
}

/** A call's place in a trace, where traces are on. */
export interface CallTrace {
  /** For the request's `traceparent` header. */
  readonly traceparent: string;
  /** Novu responded with this HTTP status. */
  answered(status: number): void;
}

/** How the worker calls Novu. `novu/` implements it. */
export interface NovuPort {
  /** Never rejects because of Novu or the network: every such end is a CallReply. */
  send(call: DeliveryCall, signal?: AbortSignal, trace?: CallTrace): Promise<CallReply>;
}
