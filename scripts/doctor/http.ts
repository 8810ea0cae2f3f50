import { HttpStatusError } from "../../core/diagnosis/category.ts";
import { type Measured, measure } from "../../core/diagnosis/measure.ts";

export interface HttpReply {
  readonly status: number;
  /** Parsed JSON; undefined when the body is not JSON. */
  readonly body: unknown;
}

/** GET under a time limit. Any status counts as a reply; only a missing reply is an error. */
export const get = (
  url: string | URL,
  limitMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Measured<HttpReply>> =>
  measure(async (signal) => {
    // A redirect would send the key to another host.
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, body: parseJson(text) };
  }, limitMs);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A reply that is not the expected one, as an error: its status, and the `message` of its body. */
function statusErrorOf({ status, body }: HttpReply): HttpStatusError {
  const message = isObject(body) ? body.message : undefined;
  const detail = Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : "";
  return new HttpStatusError(status, detail);
}

/** Why a check failed: the error of the query, or its unexpected reply. */
export const errorIn = (measured: Measured<HttpReply>): unknown =>
  measured.ok ? statusErrorOf(measured.value) : measured.error;

/** The ids in a list of workflows, as Novu and a bridge return it. */
export const workflowIdsOf = (list: unknown): string[] =>
  (Array.isArray(list) ? list : [])
    .filter(isObject)
    .flatMap(({ workflowId }) => (typeof workflowId === "string" ? [workflowId] : []));

export interface Endpoint {
  readonly url: string;
  /** A flag or a setting names this address, so something must respond there; otherwise it is a guess. */
  readonly named: boolean;
}
