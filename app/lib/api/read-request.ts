import { Problem } from "./problem.ts";
import { maxBatch } from "./request-schemas.ts";
import { checkNotification, type NotificationRequest } from "./validate.ts";

/** A checked request to send notifications. */
export interface SendRequest {
  readonly notifications: readonly NotificationRequest[];
  readonly isList: boolean;
  /** From the header Idempotency-Key, for a single notification. */
  readonly transactionId?: string;
  /** JSON Pointer of a notification in the body. */
  readonly pointerOf: (position: number) => string;
  /** The end of a message about one notification of a list. */
  readonly noneAccepted: string;
}

/**
 * Reads one notification, an array of them, or `{"notifications": […]}`.
 * @throws Problem 400 or 422 for the first invalid field.
 */
export function readRequest(value: unknown, idempotencyKey: string | null): SendRequest {
  const { list, base } = split(value);
  const isList = list !== undefined;
  const pointerOf = (position: number) => (isList ? `${base}/${position}` : "");
  const noneAccepted = isList ? " None of the list was accepted." : "";
  const notifications = (list ?? [value]).map((one, position) => {
    const checked = checkNotification(one);
    if ("notification" in checked) return checked.notification;
    const pointer = pointerOf(position) + checked.error.pointer;
    throw unprocessable(pointer, `${checked.error.message}.${noneAccepted}`);
  });
  const transactionId = transactionIdOf(idempotencyKey, isList, notifications[0]);
  return { notifications, isList, pointerOf, noneAccepted, ...(transactionId === undefined ? {} : { transactionId }) };
}

const unprocessable = (pointer: string, message: string): Problem =>
  new Problem(422, { detail: `${pointer.slice(1) || "The body"} ${message}`, pointer });

function split(value: unknown): { readonly list?: readonly unknown[]; readonly base: string } {
  if (Array.isArray(value)) return { list: bounded(value, ""), base: "" };
  if (typeof value !== "object" || value === null)
    throw unprocessable("", 'must be a notification, an array of them, or {"notifications": […]}.');
  if (!("notifications" in value)) return { base: "" };
  const { notifications, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) throw unprocessable(`/${other}`, 'is not a field here: the only field is "notifications".');
  if (!Array.isArray(notifications)) throw unprocessable("/notifications", "must be an array of notifications.");
  return { list: bounded(notifications, "/notifications"), base: "/notifications" };
}

function bounded(list: readonly unknown[], pointer: string): readonly unknown[] {
  if (list.length >= 1 && list.length <= maxBatch) return list;
  throw unprocessable(pointer, `must have 1 to ${maxBatch} notifications; it has ${list.length}. None was accepted.`);
}

/** Reads Idempotency-Key: a quoted string as in the IETF draft, or without quotes as most clients send it. */
function transactionIdOf(header: string | null, isList: boolean, single?: NotificationRequest): string | undefined {
  if (header === null) return undefined;
  const bad = (detail: string) => new Problem(400, { detail });
  if (isList)
    throw bad(
      "Idempotency-Key is for a single notification: give each notification of a list its own transactionId instead.",
    );
  const id = /^("?)([A-Za-z0-9._:@+=-]{1,200})\1$/.exec(header.trim())?.[2];
  if (id === undefined) throw bad("Idempotency-Key must have 1 to 200 characters of A-Z a-z 0-9 . _ : @ + = -.");
  if (single?.transactionId !== undefined && single.transactionId !== id)
    throw bad("Idempotency-Key and transactionId differ: send only one of them.");
  return id;
}
