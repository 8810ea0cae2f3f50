import type { Recipient } from "../../../core/notification.ts";

// What a schema cannot say. Both look at a part of a request and tell what is wrong with it, and where.

export interface ContentFault {
  /** JSON Pointer, below the value that was looked at. */
  readonly pointer: string;
  /** Completes "<field> …". */
  readonly what: string;
}

/** Deeper than any content needs to be, and far from what Postgres and JSON.stringify can still follow. */
const maxDepth = 100;

/** Text, numbers and nesting that Postgres cannot hold. */
export function unstorable(value: unknown, pointer = "", depth = 0): ContentFault | undefined {
  if (typeof value === "string") return textFault(value, pointer);
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : { pointer, what: "is a number too large to keep" };
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === maxDepth) return { pointer, what: `is nested deeper than ${maxDepth} levels` };
  for (const [key, part] of Object.entries(value)) {
    const at = `${pointer}/${escaped(key)}`;
    const fault = (Array.isArray(value) ? undefined : textFault(key, at)) ?? unstorable(part, at, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function textFault(text: string, pointer: string): ContentFault | undefined {
  if (text.includes("\u0000"))
    return { pointer, what: "has the character \\u0000, which cannot be stored: leave it out" };
  // A surrogate without its other half.
  if (/\p{Surrogate}/u.test(text))
    return { pointer, what: "has half of a surrogate pair (\\ud800 to \\udfff): send whole characters" };
  return undefined;
}

/** A recipient that is listed twice would get the message twice. The rule is that of notify.valid_recipients. */
export function repeated(recipients: Recipient | readonly Recipient[]): ContentFault | undefined {
  if (!Array.isArray(recipients)) return undefined;
  const seen = new Set<string>();
  for (const [position, recipient] of (recipients as readonly Recipient[]).entries()) {
    const name = nameOf(recipient);
    if (seen.has(name)) return { pointer: `/${position}`, what: "is in the list twice: name each recipient once" };
    seen.add(name);
  }
  return undefined;
}

const nameOf = (recipient: Recipient): string =>
  typeof recipient === "string"
    ? `subscriber ${recipient}`
    : "topicKey" in recipient
      ? `topic ${String(recipient.topicKey)}`
      : `subscriber ${String(recipient.subscriberId)}`;

/** A key as a part of a JSON Pointer. */
export const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
