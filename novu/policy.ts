/** What happens to a call by the HTTP status of its reply. The table below is the whole policy; ARCHITECTURE.md explains it. */
export interface Rule {
  /** Statuses, from and to, both included. */
  readonly from: number;
  readonly to: number;
  readonly then:
    | "read the items"
    /** It is unknown whether Novu acted: the same call is repeated after backoff or Retry-After. Five in a row open the circuit breaker. */
    | "repeat"
    /** All workers pause sending until Retry-After; no attempt is spent. */
    | "pause"
    /** All workers pause sending for a minute at a time, and health is down, until a person fixes it; no attempt is spent. */
    | "pause and alert"
    /** The call is halved until the event with the error is isolated: that one becomes a dead letter, the rest are sent. */
    | "halve";
  /** The reply describes this moment. Replayed from Novu's idempotency cache it says nothing about now, and the next call takes a new key. */
  readonly transient: boolean;
  /** What the reply says about the path to Novu, and what a person does about it. */
  readonly why: string;
}

const rule = (from: number, to: number, then: Rule["then"], transient: boolean, why: string): Rule => ({
  from,
  to,
  then,
  transient,
  why,
});

/**
 * The first rule that has the status decides. Only a definite reply about an event's content ends that event; whatever says something about the
 * path (key, plan, address, version, proxy) pauses sending for everybody. A connection that fails and a time-out count as "repeat".
 */
export const policy: readonly Rule[] = [
  rule(200, 299, "read the items", false, "each event has a status of its own"),
  rule(100, 199, "repeat", true, "an informational reply without a final one"),
  rule(300, 399, "pause and alert", true, "a redirect: set NOVU_API_URL to the address that it names, with https"),
  rule(400, 400, "halve", false, "the content is not valid"),
  rule(401, 401, "pause and alert", true, "the key is not valid: check NOVU_SECRET_KEY"),
  rule(402, 402, "pause and alert", true, "the plan's limit is reached: check the Novu subscription"),
  rule(403, 403, "pause and alert", true, "the key may not do this: check NOVU_SECRET_KEY and what stands before Novu"),
  rule(404, 406, "pause and alert", true, "the address is not Novu's API: check NOVU_API_URL"),
  rule(407, 407, "pause and alert", true, "a proxy wants a login: check HTTPS_PROXY"),
  rule(408, 409, "repeat", true, "too slow, or the first call with this key still runs"),
  rule(410, 410, "pause and alert", true, "this version of the API is gone: check NOVU_API_URL and upgrade XNovu"),
  rule(413, 413, "halve", false, "the content is too large"),
  rule(415, 415, "halve", false, "the content has a form that Novu does not take"),
  rule(422, 422, "halve", false, "the content is not valid, or the key belongs to another body"),
  rule(425, 425, "repeat", true, "too early: the server asks for the same call again"),
  rule(429, 429, "pause", true, "too many calls"),
  rule(
    400,
    499,
    "pause and alert",
    true,
    "the request was refused before Novu read its content: check NOVU_API_URL and proxies",
  ),
  rule(501, 501, "pause and alert", true, "the address does not know this call: check NOVU_API_URL"),
  rule(505, 505, "pause and alert", true, "the address does not speak HTTP/1.1: check NOVU_API_URL and proxies"),
  rule(511, 511, "pause and alert", true, "the network wants a login first: check the network and HTTPS_PROXY"),
  rule(500, 599, "repeat", true, "Novu itself failed"),
];

const unknown = rule(0, 999, "repeat", true, "not a status of HTTP");

export const ruleOf = (status: number): Rule =>
  policy.find(({ from, to }) => from <= status && status <= to) ?? unknown;

/** A success that is not Novu's, such as a login page: something else stands at the address. */
export const notNovu = rule(
  200,
  299,
  "pause and alert",
  true,
  "something else than Novu's API responds: check NOVU_API_URL and proxies",
);

/** Milliseconds that "pause and alert" stops sending for: one call a minute finds out when it is fixed. */
export const alertPauseMs = 60_000;
/** Milliseconds of a "pause" without Retry-After. */
export const defaultPauseMs = 1_000;
/** Milliseconds: a longer Retry-After is cut to this, and the next call finds out more. */
export const maxRetryAfterMs = 15 * 60_000;
