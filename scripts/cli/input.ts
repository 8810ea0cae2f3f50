import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../core/errors.ts";
import { isNotificationId, type JsonObject, type Recipient } from "../../core/notification.ts";

/** Parses a JSON object given as text, as `@file`, or as `-` for standard input. */
export function jsonObject(value: string, flag: string): JsonObject {
  const parsed = parseJson(value, flag);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new UsageError(`${flag} must be a JSON object such as '{"subject":"Hi"}'`);
  return parsed as JsonObject;
}

function parseJson(value: string, flag: string): unknown {
  const source = value === "-" ? "standard input" : value.startsWith("@") ? value.slice(1) : undefined;
  let content = value;
  try {
    if (source !== undefined) content = readFileSync(value === "-" ? 0 : value.slice(1), "utf8");
    return JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${flag}${source === undefined ? "" : ` (${source})`} is not JSON: ${messageOf(error)}`);
  }
}

/** Parses `ada`, `ada=ada@example.com` (with an address), `topic:news`, or a JSON object of a subscriber. */ // words: allow
export function recipient(value: string): Recipient {
  if (value.startsWith("{")) {
    const object = jsonObject(value, "--to");
    if (typeof object.subscriberId !== "string" && typeof object.topicKey !== "string")
      throw new UsageError("--to: the JSON object needs a subscriberId or a topicKey");
    return object as Recipient;
  }
  if (value.startsWith("topic:")) return { type: "Topic", topicKey: value.slice("topic:".length) };
  const [subscriberId = "", address] = value.split("=", 2);
  if (address === undefined) return subscriberId;
  return { subscriberId, ...(address.includes("@") ? { email: address } : { phone: address }) };
}

/** Parses an ISO 8601 time with an offset, or a delay such as `10m`, `2h`, `1d`. */
export function moment(value: string, now = Date.now()): string {
  const delay = /^(\d{1,6})(s|m|h|d)$/.exec(value);
  if (delay)
    return new Date(
      now + Number(delay[1]) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[delay[2] as "s" | "m" | "h" | "d"],
    ).toISOString();
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(value) || Number.isNaN(Date.parse(value)))
    throw new UsageError(
      `--at must be a time with an offset such as 2026-12-24T18:00:00+01:00, or a delay such as 10m (it is ${JSON.stringify(value)})`,
    );
  return new Date(value).toISOString();
}

/** Parses a whole number within bounds. */
export function count(value: string, flag: string, min: number, max: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new UsageError(`${flag} must be a whole number from ${min} to ${max} (it is ${JSON.stringify(value)})`);
  return number;
}

/** Parses the id of a notification: a positive bigint. */
export function notificationId(value: string): string {
  if (!isNotificationId(value))
    throw new UsageError(
      `${JSON.stringify(value)} is not the id of a notification`,
      "`pnpm xnovu list` shows the ids.",
    );
  return value;
}
