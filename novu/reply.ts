import type { CallReply, Outcome } from "../core/delivery.ts";
import { alertPauseMs, defaultPauseMs, maxRetryAfterMs, notNovu, type Rule, ruleOf } from "./policy.ts";

/** The fields of Novu's reply for one event that matter here. */
export interface Item {
  readonly status: string;
  readonly acknowledged?: boolean | undefined;
  readonly error?: string[] | undefined;
}

/** An HTTP reply. */
export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

/** What a reply means for the `count` events of a call. */
export function judge(reply: HttpReply, count: number, now: () => number = Date.now): CallReply {
  const rule = ruleOf(reply.status);
  if (rule.then === "read the items") return judgeItems(reply, count);
  const reason = reasonOf(reply, rule);
  if (rule.transient && reply.header("idempotency-replay") === "true") return { kind: "replayed", reason };
  const retryAfterMs = parseRetryAfter(reply.header("retry-after"), now());
  switch (rule.then) {
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

function judgeItems(reply: HttpReply, count: number): CallReply {
  const items = itemsOf(reply.body);
  if (items === undefined)
    return { kind: "paused", reason: reasonOf(reply, notNovu), retryAfterMs: alertPauseMs, needsPerson: true };
  // A reply for another number of events says nothing certain about any of them.
  if (items.length !== count)
    return { kind: "unknown", reason: `Novu answered for ${items.length} of ${count} events` };
  return { kind: "answered", outcomes: items.map(judgeItem) };
}

/** Novu's final refusals of an event: every known status word except `processed`. */
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

/** Unknown status words come from later versions of Novu: `acknowledged` and `error` decide then. A sent message must not become a dead letter. */
export const judgeItem = ({ status, acknowledged, error }: Item): Outcome =>
  status === "processed" || (acknowledged === true && !refusals.has(status) && !error?.length)
    ? sent
    : { kind: "dead", error: error?.length ? `${status}: ${error.join("; ")}` : status };

/** The items of `{"data": [...]}`, of `{"data": {...}}`, or of a plain list. */
function itemsOf(body: string): Item[] | undefined {
  const parsed: unknown = parseJson(body);
  const content = Array.isArray(parsed) ? parsed : (parsed as { data?: unknown } | undefined)?.data;
  const data: unknown[] = Array.isArray(content) ? content : [content];
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

/** Novu's error text: `message`, a text or a list of texts, and `errors`. The markup of a web page is left out. */
function reasonOf({ status, header, body }: HttpReply, { then, why }: Rule): string {
  const parsed = parseJson(body) as { message?: unknown; errors?: unknown } | undefined;
  const message = parsed?.message;
  const isPage = /<(?:!doctype|html|head|body)\b/i.test(body.slice(0, 1_000));
  const words = Array.isArray(message) ? message.join("; ") : isPage ? "a web page" : body.trim();
  const text = (typeof message === "string" ? message : words) || "nothing";
  const errors = parsed?.errors === undefined ? "" : JSON.stringify(parsed.errors);
  const details = errors.length > 2 ? ` ${errors.slice(0, 300)}` : "";
  const location = status >= 300 && status < 400 ? ` (location: ${withoutQuery(header("location") ?? "none")})` : "";
  return `Novu answered ${status}: ${text.slice(0, 600)}${details}${location}${then === "pause and alert" ? `; ${why}` : ""}`;
}

/** The query of a login page may contain a token. */
const withoutQuery = (location: string): string => location.replace(/[?#].*$/s, "").slice(0, 200);

/** Undefined for anything but a JSON object or list. */
function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
