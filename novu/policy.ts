/** What happens to a call by the status that Novu answered it with. The table below is the whole policy; ARCHITECTURE.md explains it. */
export interface Rule {
  /** Statuses, from and to, both included. */
  readonly from: number;
  readonly to: number;
  readonly then:
    | "read the items"
    /** Not known whether Novu acted: the same call again, after backoff or Retry-After. Five in a row trip the circuit breaker. */
    | "repeat"
    /** Nobody sends until Retry-After; no attempt is spent. */
    | "pause"
    /** Nobody sends for a minute at a time, health is down, until a person mended it; no attempt is spent. */
    | "pause and alert"
    /** The call is halved until the event at fault stands alone: that one is a dead letter, the rest are sent. */
    | "halve";
  /** An answer to this moment: replayed from Novu's idempotency cache it says nothing about now, and the next call takes a new key. */
  readonly ofTheMoment: boolean;
  readonly why: string;
}

const rule = (from: number, to: number, then: Rule["then"], ofTheMoment: boolean, why: string): Rule => ({
  from,
  to,
  then,
  ofTheMoment,
  why,
});

/** The first rule that has the status decides. A connection that fails, a time-out and a body that cannot be read count as "repeat". */
export const policy: readonly Rule[] = [
  rule(200, 299, "read the items", false, "each event has its own status"),
  rule(100, 399, "repeat", false, "a redirect or an informational answer: not Novu's API, perhaps for the moment"),
  rule(400, 400, "halve", false, "the content is at fault"),
  rule(401, 405, "pause and alert", true, "key, plan or address are wrong: no event is at fault"),
  rule(408, 409, "repeat", true, "too slow, or the first call with this key still runs"),
  rule(429, 429, "pause", true, "too many calls"),
  rule(400, 499, "halve", false, "the content is at fault: too large, not valid, another body under the same key"),
  rule(500, 599, "repeat", true, "Novu's own fault"),
];

const unknown = rule(0, 999, "repeat", true, "no status of HTTP");

export const ruleOf = (status: number): Rule =>
  policy.find(({ from, to }) => from <= status && status <= to) ?? unknown;

/** Milliseconds that "pause and alert" stops sending for: a try a minute notices when it is mended. */
export const alertPauseMs = 60_000;
/** Milliseconds of a "pause" without Retry-After. */
export const defaultPauseMs = 1_000;
/** Milliseconds: a Retry-After beyond this is not believed at once, and the next try asks again. */
export const maxRetryAfterMs = 15 * 60_000;
