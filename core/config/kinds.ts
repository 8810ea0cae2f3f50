import { z } from "zod";
import { databaseAddress } from "./database-url.ts";

// Every kind takes the text of an environment variable; an error message completes the sentence "NAME is ...".

export const text = z.string();

export const longText = (min: number) => z.string().min(min, `not a text of at least ${min} characters`);

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `not a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `not a whole number from ${min} to ${max}`);

export const port = wholeNumber(1, 65535);
export const milliseconds = (min: number, max = 86_400_000) => wholeNumber(min, max);

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: () => `not one of ${values.join(", ")}` });

export const yesNo = z
  .enum(["true", "false", "1", "0"], { error: () => "not true or false" })
  .transform((v) => v === "true" || v === "1");

const url = (protocols: readonly string[], example: string) =>
  z.string().refine((value) => {
    try {
      const { protocol, username, password, pathname } = new URL(value);
      // Throws for a lone %, at which clients would break only when they connect.
      for (const part of [username, password, pathname]) decodeURIComponent(part);
      return protocols.includes(protocol);
    } catch {
      return false;
    }
  }, `not an address such as ${example}`);

export const httpUrl = url(["http:", "https:"], "https://host.example").transform((v) => v.replace(/\/+$/, ""));
export const postgresUrl = z.string().superRefine((value, context) => {
  const found = databaseAddress(value);
  if (typeof found === "string") context.addIssue({ code: "custom", message: found });
});

export const hostPort = z.string().refine((value) => {
  const number = Number(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})$/.exec(value)?.[1] ?? 0);
  return number >= 1 && number <= 65535;
}, "not an address such as host:7233");

/** The parts of `name=value,name=value`, values percent-decoded, as OpenTelemetry has headers and attributes. */
export const pairsOf = (value: string): [string, string][] =>
  value
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, Math.max(at, 0)).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    });

export const pairs = z.string().refine((value) => {
  try {
    return pairsOf(value).every(([name, text]) => /^[\w.-]+$/.test(name) && /^[\x20-\x7e]*$/.test(text));
  } catch {
    return false;
  }
}, "not a list such as name=value,name=value");

export const ratio = z
  .string()
  .regex(/^(0(\.\d+)?|1(\.0+)?)$/, "not a number from 0 to 1")
  .transform(Number);

export const pem = z.string().regex(/-----BEGIN [A-Z ]+-----/, "not PEM text (-----BEGIN ...-----)");
