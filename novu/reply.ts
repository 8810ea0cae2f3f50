import * as errors from "@novu/api/models/errors/index.js";
import type { CallReply, EventOutcome } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";

/** What Novu says of one event, as far as it matters here. */
export interface Item {
  readonly status: string;
  readonly acknowledged?: boolean | undefined;
  readonly error?: string[] | undefined;
}

/** Novu's final no for this very event: every status word that Novu is known to use but `processed`. */
const refusals = new Set([
  "error",
  "trigger_not_active",
  "no_workflow_active_steps_defined",
  "no_workflow_steps_defined",
  "no_tenant_found",
  "subscriber_id_missing",
  "invalid_recipients",
]);

/** A word that is not on the list comes from a later Novu: then `acknowledged` and `error` tell. A dead letter for a message that went out is worse than none. */
export const judgeItem = ({ status, acknowledged, error }: Item): EventOutcome =>
  status === "processed" || (acknowledged === true && !refusals.has(status) && !error?.length)
    ? { kind: "accepted" }
    : { kind: "rejected", reason: error?.length ? `${status}: ${error.join("; ")}` : status };

/**
 * The items of a reply that Novu sent with success and the SDK refused: its list of status words is closed, and a new word
 * from Novu must not turn accepted events into a failure. Undefined for every other error.
 */
export function itemsOf(error: unknown): Item[] | undefined {
  if (!(error instanceof errors.ResponseValidationError) || error.statusCode >= 300) return undefined;
  // The SDK has taken the items out of Novu's {"data": [...]} by then; a later version may not.
  const body: unknown = parseJson(error.body);
  const data = Array.isArray(body) ? body : parseJson(error.body)?.data;
  if (!Array.isArray(data)) return undefined;
  const isItem = (item: unknown): item is Item =>
    typeof item === "object" && item !== null && typeof (item as Item).status === "string";
  return data.every(isItem) ? data : undefined;
}

/** Key, plan or address are wrong: no event is at fault, so none may become a dead letter by it. Content is refused by 400, 413 and 422. */
const needPerson = new Set([401, 402, 403, 404, 405]);
/** Answers to this moment, not to the content: replayed from the cache they would stand for the 24 hours that it keeps them. */
const ofTheMoment = (status: number) => needPerson.has(status) || [408, 409, 429].includes(status) || status >= 500;
/** Milliseconds that one of those stops sending for: a person must act, and a try a minute notices when it is done. */
const refusedPauseMs = 60_000;
const defaultRateLimitPauseMs = 1_000;
/** A Retry-After beyond this is not believed at once: the next try asks again. */
export const maxRetryAfterMs = 15 * 60_000;

/** What an error of the SDK says about the whole call. */
export function judgeError(error: unknown, now: () => number = Date.now): CallReply {
  // NovuError first: SDKValidationError also claims to be the class of a reply that the SDK could not read, whatever its status.
  if (!(error instanceof errors.NovuError))
    return { kind: error instanceof errors.SDKValidationError ? "invalid" : "unknown", reason: messageOf(error) };
  const { statusCode: status, headers } = error;
  const reason = reasonOf(error);
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now());
  if (headers.get("idempotency-replay") === "true" && ofTheMoment(status)) return { kind: "replayed", reason };
  if (needPerson.has(status)) return { kind: "paused", reason, retryAfterMs: refusedPauseMs, needsPerson: true };
  if (status === 429)
    return { kind: "paused", reason, retryAfterMs: retryAfterMs ?? defaultRateLimitPauseMs, needsPerson: false };
  if (status === 409 || status === 408 || status >= 500 || status < 400)
    return { kind: "unknown", reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return { kind: "invalid", reason };
}

/** Retry-After as seconds or as a date (RFC 9110, 10.2.3), in milliseconds from `now`, never negative and capped. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(maxRetryAfterMs, Math.max(0, ms)) : undefined;
}

function reasonOf({ statusCode, body, message }: errors.NovuError): string {
  const parsed = parseJson(body);
  const said = parsed?.message;
  const details = parsed?.errors;
  const text = typeof said === "string" ? said : Array.isArray(said) ? said.join("; ") : message;
  const more = details !== undefined && JSON.stringify(details).length > 2 ? ` ${JSON.stringify(details)}` : "";
  return `Novu answered ${statusCode}: ${text}${more}`.slice(0, 1000);
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
