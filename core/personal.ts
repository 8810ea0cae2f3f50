import { masked } from "./mask.ts";

/** Fields of a log line that hold what producers sent: recipients and contents. Left out whole, one level down as well. */
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

// An escape of JSON ends in a letter, which is no part of the address after it; `://user@host` is no address of a person.
const start = String.raw`(?<=\\[bfnrt]|\\u[0-9a-f]{4}|[^\p{L}\p{N}_.%+\\-])(?<!:\/\/)`;
const address = new RegExp(String.raw`${start}[\p{L}\p{N}_.%+-]+(?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}`, "gu");
const phone = new RegExp(String.raw`${start}\+\d(?:[ ().-]{0,2}\d){6,14}`, "gu");
/** What a server says of an event it refused may repeat the event. Its status says enough for a log; the rows hold its words. */
const novuWords = /(Novu answered \d{3}): (?:[^"\\]|\\.)+/g;

/** Takes out of a line of JSON what looks like a person's address or number, and Novu's words beside its status. */
export function maskPersonal(line: string): string {
  const shorter = line.includes("Novu answered ") ? line.replace(novuWords, "$1") : line;
  const unaddressed = /@|%40/.test(shorter) ? shorter.replace(address, masked) : shorter;
  return unaddressed.includes("+") ? unaddressed.replace(phone, masked) : unaddressed;
}
