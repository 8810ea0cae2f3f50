import { isNotificationId, type Recipient } from "../../../core/notification.ts";
import { retryNotifications, retract as takeBack } from "../../../outbox/operator.ts";
import { type NotificationDetail, show } from "../../../outbox/reader.ts";
import type { Call } from "./answer.ts";
import { Problem, reply } from "./problem.ts";

/** `GET /api/notifications/{id}` */
export const read = async (call: Call, id: string): Promise<Response> => reply(200, told(await find(call, id)));

/** `POST /api/notifications/{id}/retract`. One that is retracted already stays so: asking twice is no fault. */
export async function retract(call: Call, id: string): Promise<Response> {
  const done = isNotificationId(id) && (await takeBack(call.pool, id, call.key.enterpriseId));
  const found = await find(call, id);
  if (!done && found.status !== "RETRACTED")
    throw conflict(found, "only one that is PENDING, FAILED or DEAD can be taken back");
  return reply(200, told(found));
}

/** `POST /api/notifications/{id}/retry` */
export async function retry(call: Call, id: string): Promise<Response> {
  const done = isNotificationId(id) && (await retryNotifications(call.pool, [id], call.key.enterpriseId)).length === 1;
  const found = await find(call, id);
  if (!done) throw conflict(found, "only one that is FAILED or DEAD can be sent again");
  return reply(200, told(found));
}

const conflict = ({ id, status }: NotificationDetail, rule: string): Problem =>
  new Problem(409, { detail: `Notification ${id} is ${status}, and ${rule}. Nothing was changed.` });

/** @throws Problem 404, the same for another tenant's as for one that does not exist. */
async function find({ pool, key }: Call, id: string): Promise<NotificationDetail> {
  const found = isNotificationId(id) ? await show(pool, id, key.enterpriseId) : undefined;
  if (found === undefined)
    throw new Problem(404, { detail: "There is no such notification of this key's tenant. Check the id." });
  return found;
}

/** State and outcomes. Contents and addresses are the producer's own: a status need not carry them about. */
function told(n: NotificationDetail) {
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
