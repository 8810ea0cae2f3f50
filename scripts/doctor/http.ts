import { type Asked, ask } from "./ask.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when it is none. */
  readonly body: unknown;
}

/** GET under a time limit. Any status is an answer; only no answer is a fault. */
export const get = (
  url: string | URL,
  limitMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked<HttpAnswer>> =>
  ask(async (signal) => {
    // A redirect would carry the key to another host.
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  }, limitMs);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What an API says in the `message` of its body, after its status. */
export function said({ status, body }: HttpAnswer): string {
  const message = isObject(body) ? body.message : undefined;
  const text = Array.isArray(message) ? message.join("; ") : typeof message === "string" ? message : "";
  return `HTTP ${status}${text ? `: ${text}` : ""}`;
}

/** The ids of a list of workflows, as Novu and a bridge give it. */
export const workflowIdsOf = (list: unknown): string[] =>
  (Array.isArray(list) ? list : [])
    .filter(isObject)
    .flatMap(({ workflowId }) => (typeof workflowId === "string" ? [workflowId] : []));

export interface Place {
  readonly url: string;
  /** Somebody named it by a flag or a setting, so something must answer there; else it is a guess. */
  readonly named: boolean;
}
