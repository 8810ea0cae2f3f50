import { traceIdOf } from "../../../core/traceparent.ts";
import { enqueueJson, type JsonRequest, RefusalInList } from "../../../outbox/enqueue-json.ts";
import type { Call } from "./answer.ts";
import { jsonBody } from "./body.ts";
import { Problem, reply } from "./problem.ts";
import { type Asked, readRequest } from "./request.ts";

/** `POST /api/notifications`: stores all that is asked for, or nothing. */
export async function accept({ request, key, pool, take }: Call): Promise<Response> {
  const { text, value } = await jsonBody(request);
  const asked = readRequest(value, request.headers.get("idempotency-key"));
  if (asked.notifications.length > 1) await take(asked.notifications.length - 1);
  const stored: JsonRequest = { enterpriseId: key.enterpriseId, text, ...asked, ...traceOf(request) };
  const accepted = await enqueueJson(pool, stored).catch((error: unknown) => {
    throw error instanceof RefusalInList ? refused(error, asked) : error;
  });
  const [first] = accepted;
  if (asked.isList || first === undefined) return reply(202, { notifications: accepted });
  return reply(202, first, {
    Location: `/api/notifications/${first.id}`,
    ...(first.duplicate ? { "Idempotent-Replayed": "true" } : {}),
  });
}

/** One that is no trace context is passed by: it says nothing of what is to be sent. */
function traceOf({ headers }: Request): { readonly traceparent?: string } {
  const traceparent = headers.get("traceparent")?.trim();
  return traceparent !== undefined && traceIdOf(traceparent) !== undefined ? { traceparent } : {};
}

interface Rule {
  readonly status: number;
  readonly field: string;
}

/** What the database refuses although the request fits the schemas: sizes as they are stored, and what was sent before. */
const rules: Readonly<Record<string, Rule>> = {
  notification_transaction_unique: { status: 409, field: "transactionId" },
  notification_payload_size: { status: 413, field: "payload" },
  notification_overrides_size: { status: 413, field: "overrides" },
};

function refused({ message, constraint = "", position }: RefusalInList, asked: Asked): Problem {
  const rule = rules[constraint];
  const pointer = position === undefined ? undefined : `${asked.pointerOf(position)}${rule ? `/${rule.field}` : ""}`;
  const advice = rule?.status === 409 ? " Use a new one for a new notification." : "";
  const detail = `${message[0]?.toUpperCase()}${message.slice(1)}.${advice}${asked.noneAccepted}`;
  return new Problem(rule?.status ?? 422, { detail, ...(pointer ? { pointer } : {}) });
}
