/** What happens to a call, by the status of Novu's reply. The table below is the whole policy; ARCHITECTURE.md explains it. */
export interface Rule {
  /** The range of statuses, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly then:
    | "read the items"
    /** It is unknown whether Novu acted: repeat the same call, after backoff or Retry-After. Five in a row open the circuit breaker. */
    | "repeat"
    /** All workers stop sending until Retry-After; no attempt is spent. */
    | "pause"
    /** All workers pause for a minute at a time and health is down, until a person fixes the cause; no attempt is spent. */
    | "pause and alert"
    /** The call is split in halves until the invalid event is isolated: it becomes a dead letter, and the rest are sent. */
    | "halve";
  /** The reply describes a passing state. Replayed from Novu's idempotency cache it is out of date, and the next call needs a new key. */
  readonly transient: boolean;
  readonly why: string;
}

const rule = (from: number, to: number, then: Rule["then"], transient: boolean, why: string): Rule => ({
  from,
  to,
  then,
  transient,
  why,
});

/** The first rule whose range includes the status applies. A failed connection, a time-out and an unreadable body count as "repeat". */
export const policy: readonly Rule[] = [
  rule(200, 299, "read the items", false, "each event has its own status"),
  rule(100, 399, "repeat", false, "a redirect or an informational reply: not Novu's API, maybe for now"),
  rule(400, 400, "halve", false, "the content is invalid"),
  rule(401, 405, "pause and alert", true, "key, plan or address are wrong: no event is invalid"),
  rule(408, 409, "repeat", true, "too slow, or the first call with this key still runs"),
  rule(429, 429, "pause", true, "too many calls"),
  rule(400, 499, "halve", false, "the content is refused: too large, invalid, or another body under the same key"),
  rule(500, 599, "repeat", true, "an error inside Novu"),
];

const unknown = rule(0, 999, "repeat", true, "not an HTTP status");

export const ruleOf = (status: number): Rule =>
  policy.find(({ from, to }) => from <= status && status <= to) ?? unknown;

/** Milliseconds of a "pause and alert": one attempt a minute notices when the cause is fixed. */
export const alertPauseMs = 60_000;
/** Milliseconds of a "pause" without Retry-After. */
export const defaultPauseMs = 1_000;
/** Milliseconds: a longer Retry-After is cut to this, and the next attempt reads the header again. */
export const maxRetryAfterMs = 15 * 60_000;
