import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "./error-text.ts";
import { sign } from "./signature.ts";
import { type Fields, isFields } from "./types.ts";

export interface BridgeSettings {
  readonly secretKey: string;
  /** Waits between tries, milliseconds; as many retries as entries. Novu: 1, 2, 4 s. */
  readonly retryDelaysMs: readonly number[];
  readonly timeoutMs: number;
  readonly now: () => number;
}

export type BridgeReply =
  | { readonly kind: "ok"; readonly body: Fields; readonly tries: number }
  | { readonly kind: "failed"; readonly reason: string; readonly raw: string; readonly tries: number };

export interface StepCall {
  readonly workflowId: string;
  readonly stepId: string;
  readonly body: Fields;
}

const retried = new Set([408, 429, 500, 503, 504, 520, 521, 522, 523, 524]);

/** What the bridge serves. Never throws for what the bridge or the network did. */
export function discover(bridgeUrl: string, settings: BridgeSettings, signal: AbortSignal): Promise<BridgeReply> {
  return call(address(bridgeUrl, { action: "discover" }), undefined, settings, signal);
}

/** Runs one step. Never throws for what the bridge or the network did; `reason` names the status and its likely cause. */
export function execute(
  bridgeUrl: string,
  step: StepCall,
  settings: BridgeSettings,
  signal: AbortSignal,
): Promise<BridgeReply> {
  const url = address(bridgeUrl, { action: "execute", workflowId: step.workflowId, stepId: step.stepId });
  return call(url, JSON.stringify(step.body), settings, signal);
}

function address(bridgeUrl: string, query: Record<string, string>): URL {
  const url = new URL(bridgeUrl);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

async function call(
  url: URL,
  body: string | undefined,
  settings: BridgeSettings,
  signal: AbortSignal,
): Promise<BridgeReply> {
  for (let attempt = 0; ; attempt++) {
    const reply = await callOnce(url, body, settings, signal);
    if (reply.kind === "ok") return { ...reply, tries: attempt + 1 };
    const delay = settings.retryDelaysMs[attempt];
    if (!reply.again || delay === undefined || signal.aborted)
      return { kind: "failed", reason: reply.reason, raw: reply.raw, tries: attempt + 1 };
    await sleep(delay, undefined, { signal }).catch(() => undefined);
  }
}

type OneReply = { kind: "ok"; body: Fields } | { kind: "failed"; reason: string; raw: string; again: boolean };

async function callOnce(
  url: URL,
  body: string | undefined,
  settings: BridgeSettings,
  signal: AbortSignal,
): Promise<OneReply> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        "novu-signature": sign(settings.secretKey, body ?? "{}", settings.now()),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
      redirect: "error",
    });
    return read(response.status, await response.text(), url);
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === "TimeoutError";
    const reason = timedOut
      ? `The bridge at ${url.origin} did not answer within ${settings.timeoutMs} ms`
      : `The bridge at ${url.origin} could not be reached: ${errorText(error)}`;
    // Novu retries on time-outs and on the codes of a connection that could not be made or was cut.
    return { kind: "failed", reason, raw: reason, again: true };
  }
}

function read(status: number, text: string, url: URL): OneReply {
  const body = parse(text);
  if (status === 200 && isFields(body)) return { kind: "ok", body };
  const said = isFields(body) && typeof body.message === "string" ? body.message : text.slice(0, 300);
  const hint = hints[status] ?? "";
  return {
    kind: "failed",
    reason: `Bridge answered ${status}${hint}: ${said || "(empty body)"} [${url.origin}${url.pathname}]`,
    raw: text.slice(0, 4000),
    again: retried.has(status),
  };
}

const hints: Readonly<Record<number, string>> = {
  400: " (the payload, the controls or a step's output do not fit their schema)",
  401: " (signature refused: the bridge uses another NOVU_SECRET_KEY, or the clocks differ)",
  404: " (the bridge does not serve this workflow or path)",
  502: " (a step threw)",
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
