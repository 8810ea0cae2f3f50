import { isNotificationId, type Recipient } from "../../../core/notification.ts";
import { retract as retractNotification, retryNotifications } from "../../../outbox/operator.ts";
import { type NotificationDetail, show } from "../../../outbox/reader.ts";
import type { ApiCall } from "./handle-request.ts";
import { Problem, reply } from "./problem.ts";

/** `GET /api/notifications/{id}` */
export const read = async (call: ApiCall, id: string): Promise<Response> =>
  reply(200, publicView(await find(call, id)));

/** `POST /api/notifications/{id}/retract`. Idempotent: a retracted notification stays retracted. */
export async function retract(call: ApiCall, id: string): Promise<Response> {
  const done = isNotificationId(id) && (await retractNotification(call.pool, id, call.key.enterpriseId));
  const found = await find(call, id);
  if (!done && found.status !== "RETRACTED")
    throw conflict(found, "only a PENDING, FAILED or DEAD notification can be retracted");
  return reply(200, publicView(found));
}

/** `POST /api/notifications/{id}/retry` */
export async function retry(call: ApiCall, id: string): Promise<Response> {
  const done = isNotificationId(id) && (await retryNotifications(call.pool, [id], call.key.enterpriseId)).length === 1;
  const found = await find(call, id);
  if (!done) throw conflict(found, "only a FAILED or DEAD notification can be retried");
  return reply(200, publicView(found));
}

const conflict = ({ id, status }: NotificationDetail, rule: string): Problem =>
  new Problem(409, { detail: `Notification ${id} is ${status}, and ${rule}. Nothing was changed.` });

/** @throws Problem 404, the same for another tenant's notification as for one that does not exist. */
async function find({ pool, key }: ApiCall, id: string): Promise<NotificationDetail> {
  const found = isNotificationId(id) ? await show(pool, id, key.enterpriseId) : undefined;
  if (found === undefined)
    throw new Problem(404, { detail: "The tenant of this key has no such notification. Check the id." });
  return found;
}

/** Status and outcomes, without payloads and addresses: the producer has those, and responses often end up in logs. */
function publicView(n: NotificationDetail) {
  const { id, workflow, transactionId, status, attempts, maxAttempts, priority, channels, tags, error } = n;
  const { createdAt, updatedAt, scheduledFor, nextAttemptAt, sentAt } = n;
  const outcomes = new Map(n.outcomes.map((outcome) => [outcome.ordinal, outcome]));
  return {
    ...{ id, workflow, transactionId, status, attempts, maxAttempts, priority, channels, tags, error },
    ...{ createdAt, updatedAt, scheduledFor, nextAttemptAt, sentAt },
    recipients: n.recipients.map((recipient, ordinal) => {
      const outcome = outcomes.get(ordinal);
      return {
        ...nameOf(recipient),
        outcome: outcome?.status ?? null,
        error: outcome?.error ?? null,
        at: outcome?.at ?? null,
      };
    }),
    timeline: n.timeline.map((entry) => ({
      at: entry.at,
      from: entry.from,
      to: entry.to,
      attempt: entry.attempt,
      error: entry.error,
    })),
  };
}

const nameOf = (recipient: Recipient): { subscriberId: string } | { topicKey: string } =>
  typeof recipient === "string"
    ? { subscriberId: recipient }
    : "topicKey" in recipient
      ? { topicKey: String(recipient.topicKey) }
      : { subscriberId: String(recipient.subscriberId) };
