import { masked } from "./mask.ts";

/** Fields of a log line that hold recipients or contents. Their whole value is masked, also one level down. */
const fields = [
  "recipients",
  "recipient",
  "to",
  "payload",
  "overrides",
  "email",
  "phone",
  "subscriber",
  "body",
] as const;

/** For pino's `redact`. */
export const personalFields: readonly string[] = fields.flatMap((field) => [field, `*.${field}`]);

// A JSON escape ends in a letter that is no part of the address after it. `://user@host` is no address of a person.
const start = String.raw`(?<=\\[bfnrt]|\\u[0-9a-f]{4}|[^\p{L}\p{N}_.%+\\-])(?<!:\/\/)`;
const address = new RegExp(String.raw`${start}[\p{L}\p{N}_.%+-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}`, "gu");
const phone = new RegExp(String.raw`${start}\+\d(?:[ ().-]{0,2}\d){6,14}`, "gu");
/** Novu's text about a refused event may repeat the event. The log keeps only the status; the row keeps the text. */
const novuWords = /(Novu answered \d{3}): (?:[^"\\]|\\.)+/g;

/** Masks in a JSON line what looks like a person's address or phone number, and removes Novu's text after its status. */
export function maskPersonal(line: string): string {
  const shorter = line.includes("Novu answered ") ? line.replace(novuWords, "$1") : line;
  const unaddressed = /@|%40/.test(shorter) ? shorter.replace(address, masked) : shorter;
  return unaddressed.includes("+") ? unaddressed.replace(phone, masked) : unaddressed;
}
