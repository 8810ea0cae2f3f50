import { traceIdOf } from "../../../core/traceparent.ts";
import { enqueueJson, type JsonRequest, RefusalInList } from "../../../outbox/enqueue-json.ts";
import { jsonBody } from "./body.ts";
import type { ApiCall } from "./handle-request.ts";
import { Problem, reply } from "./problem.ts";
import { readRequest, type SendRequest } from "./read-request.ts";

/** `POST /api/notifications`: stores all notifications of the request, or none. */
export async function accept({ request, key, pool, consume }: ApiCall): Promise<Response> {
  const { text, value } = await jsonBody(request);
  const sent = readRequest(value, request.headers.get("idempotency-key"));
  if (sent.notifications.length > 1) await consume(sent.notifications.length - 1);
  const stored: JsonRequest = { enterpriseId: key.enterpriseId, text, ...sent, ...traceOf(request) };
  const accepted = await enqueueJson(pool, stored).catch((error: unknown) => {
    throw error instanceof RefusalInList ? refused(error, sent) : error;
  });
  const [first] = accepted;
  if (sent.isList || first === undefined) return reply(202, { notifications: accepted });
  return reply(202, first, {
    Location: `/api/notifications/${first.id}`,
    ...(first.duplicate ? { "Idempotent-Replayed": "true" } : {}),
  });
}

/** An invalid traceparent is ignored: it does not affect what is sent. */
function traceOf({ headers }: Request): { readonly traceparent?: string } {
  const traceparent = headers.get("traceparent")?.trim();
  return traceparent !== undefined && traceIdOf(traceparent) !== undefined ? { traceparent } : {};
}

interface Rule {
  readonly status: number;
  readonly field: string;
}

/** What the database refuses although the request matches the schemas: stored sizes, and transaction ids already used. */
const rules: Readonly<Record<string, Rule>> = {
  notification_transaction_unique: { status: 409, field: "transactionId" },
  notification_payload_size: { status: 413, field: "payload" },
  notification_overrides_size: { status: 413, field: "overrides" },
};

function refused({ message, constraint = "", position }: RefusalInList, sent: SendRequest): Problem {
  const rule = rules[constraint];
  const pointer = position === undefined ? undefined : `${sent.pointerOf(position)}${rule ? `/${rule.field}` : ""}`;
  const advice = rule?.status === 409 ? " Use a new one for a new notification." : "";
  const detail = `${message[0]?.toUpperCase()}${message.slice(1)}.${advice}${sent.noneAccepted}`;
  return new Problem(rule?.status ?? 422, { detail, ...(pointer ? { pointer } : {}) });
}
