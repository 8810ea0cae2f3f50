import type { CallReply, Outcome } from "../core/delivery.ts";
import { alertPauseMs, defaultPauseMs, maxRetryAfterMs, ruleOf } from "./policy.ts";

/** What Novu says of one event, as far as it matters here. */
export interface Item {
  readonly status: string;
  readonly acknowledged?: boolean | undefined;
  readonly error?: string[] | undefined;
}

/** An answer over HTTP, as it came. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** What an answer says about the `count` events of a call. */
export function judge(answer: HttpAnswer, count: number, now: () => number = Date.now): CallReply {
  const { then, ofTheMoment } = ruleOf(answer.status);
  if (then === "read the items") return judgeItems(answer, count);
  const reason = reasonOf(answer);
  if (ofTheMoment && answer.header("idempotency-replay") === "true") return { kind: "replayed", reason };
  const retryAfterMs = parseRetryAfter(answer.header("retry-after"), now());
  switch (then) {
    case "pause and alert":
      return { kind: "paused", reason, retryAfterMs: alertPauseMs, needsPerson: true };
    case "pause":
      return { kind: "paused", reason, retryAfterMs: retryAfterMs ?? defaultPauseMs, needsPerson: false };
    case "repeat":
      return { kind: "unknown", reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    case "halve":
      return { kind: "invalid", reason };
  }
}

function judgeItems(answer: HttpAnswer, count: number): CallReply {
  const items = itemsOf(answer.body);
  if (items === undefined)
    return { kind: "unknown", reason: `Novu answered ${answer.status} with a body that is no list of events` };
  // A reply that is not about as many events as the call had says nothing certain about any of them.
  if (items.length !== count)
    return { kind: "unknown", reason: `Novu answered for ${items.length} of ${count} events` };
  return { kind: "answered", outcomes: items.map(judgeItem) };
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

/** Shared object: avoids an allocation per event. */
const sent: Outcome = Object.freeze({ kind: "sent" });

/** A word that is not on the list comes from a later Novu: then `acknowledged` and `error` tell. A dead letter for a message that went out is worse than none. */
export const judgeItem = ({ status, acknowledged, error }: Item): Outcome =>
  status === "processed" || (acknowledged === true && !refusals.has(status) && !error?.length)
    ? sent
    : { kind: "dead", error: error?.length ? `${status}: ${error.join("; ")}` : status };

/** The items of `{"data": [...]}`, the one of `{"data": {...}}`, or of a plain list. */
function itemsOf(body: string): Item[] | undefined {
  const parsed: unknown = parseJson(body);
  const said = Array.isArray(parsed) ? parsed : (parsed as { data?: unknown } | undefined)?.data;
  const data: unknown[] = Array.isArray(said) ? said : [said];
  if (!data.every(isItem)) return undefined;
  return data.map(({ status, acknowledged, error }) => ({
    status,
    acknowledged: acknowledged === true,
    error: Array.isArray(error) ? error.map(String) : undefined,
  }));
}

const isItem = (item: unknown): item is { status: string; acknowledged?: unknown; error?: unknown } =>
  typeof item === "object" && item !== null && typeof (item as { status?: unknown }).status === "string";

/** Retry-After as seconds or as a date (RFC 9110, 10.2.3), in milliseconds from `now`, never negative and capped. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(maxRetryAfterMs, Math.max(0, ms)) : undefined;
}

/** Novu's words for what is wrong: `message`, a text or a list of them, and `errors`. */
function reasonOf({ status, body }: HttpAnswer): string {
  const parsed = parseJson(body) as { message?: unknown; errors?: unknown } | undefined;
  const said = parsed?.message;
  const text = typeof said === "string" ? said : Array.isArray(said) ? said.join("; ") : body.trim();
  const details = parsed?.errors === undefined ? "" : JSON.stringify(parsed.errors);
  return `Novu answered ${status}: ${text || "nothing"}${details.length > 2 ? ` ${details}` : ""}`.slice(0, 1000);
}

/** Undefined for what is no JSON object or list. */
function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
