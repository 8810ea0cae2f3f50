import { messageOf } from "../../../core/errors.ts";
import { readBody } from "../limit-body.ts";
import { Problem } from "./problem.ts";

/** Fits one notification with a full payload and full overrides (1 MiB each), or a hundred typical ones. */
export const maxBodyBytes = 8 * 1024 * 1024;

/**
 * Reads a JSON body: its text and its parsed value.
 * @throws Problem 415, 413 or 400.
 */
export async function jsonBody(request: Request): Promise<{ readonly text: string; readonly value: unknown }> {
  checkType(request.headers);
  const bytes = await readBody(request, maxBodyBytes);
  if (bytes === undefined)
    throw new Problem(413, {
      detail: `The body is longer than ${maxBodyBytes} bytes. Send fewer notifications in one request.`,
    });
  const text = decode(bytes);
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    // The message quotes at most a piece of the body, which the caller knows.
    throw new Problem(400, { detail: `The body is not JSON: ${messageOf(error)}.` });
  }
}

function checkType(headers: Headers): void {
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("charset="));
  const isJson = type.trim() === "application/json" && /^(charset="?utf-8"?)?$/.test(charset ?? "");
  if (!isJson) throw unsupported("Send JSON in UTF-8, with Content-Type: application/json.");
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw unsupported("Send the body uncompressed, without Content-Encoding.");
}

const unsupported = (detail: string): Problem =>
  new Problem(415, { detail, headers: { "Accept-Post": "application/json" } });

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, { detail: "The body is not UTF-8." });
  }
}
