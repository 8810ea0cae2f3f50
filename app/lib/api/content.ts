import type { Recipient } from "../../../core/notification.ts";

// Checks that JSON Schema cannot express.

/** What is wrong with a field. */
export interface FieldError {
  /** JSON Pointer, relative to the checked value. */
  readonly pointer: string;
  /** Completes "<field> …". */
  readonly message: string;
}

/** Deeper than any content needs, and well within what Postgres and JSON.stringify support. */
const maxDepth = 100;

/** Finds text, numbers or nesting that Postgres cannot store. */
export function findUnstorable(value: unknown, pointer = "", depth = 0): FieldError | undefined {
  if (typeof value === "string") return textError(value, pointer);
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : { pointer, message: "is a number too large to store" };
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === maxDepth) return { pointer, message: `is nested deeper than ${maxDepth} levels` };
  for (const [key, part] of Object.entries(value)) {
    const at = `${pointer}/${escaped(key)}`;
    const error = (Array.isArray(value) ? undefined : textError(key, at)) ?? findUnstorable(part, at, depth + 1);
    if (error !== undefined) return error;
  }
  return undefined;
}

function textError(text: string, pointer: string): FieldError | undefined {
  if (text.includes("\u0000"))
    return { pointer, message: "has the character \\u0000, which cannot be stored: remove it" };
  // A lone surrogate.
  if (/\p{Surrogate}/u.test(text))
    return { pointer, message: "has half of a surrogate pair (\\ud800 to \\udfff): send complete characters" };
  return undefined;
}

/** Finds a recipient that is listed twice and would get the message twice. notify.valid_recipients has the same rule. */
export function findRepeated(recipients: Recipient | readonly Recipient[]): FieldError | undefined {
  if (!Array.isArray(recipients)) return undefined;
  const seen = new Set<string>();
  for (const [position, recipient] of (recipients as readonly Recipient[]).entries()) {
    const name = nameOf(recipient);
    if (seen.has(name)) return { pointer: `/${position}`, message: "is in the list twice: list each recipient once" };
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

/** Escapes a key for a JSON Pointer. */
export const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
