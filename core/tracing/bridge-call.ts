import { parseTraceparent, type TraceContext } from "../traceparent.ts";

/** What the span of a call to the bridge tells of it. */
export interface BridgeCall {
  readonly action: string;
  readonly workflow: string;
  readonly step: string;
  /** Where the call belongs to. Novu passes no trace context on: it is in the header of one that does, or where the producer put it in the payload. */
  readonly parent: TraceContext | undefined;
}

/** What Novu asks of a bridge by POST. The bridge checks the signature of each. */
const actions: readonly string[] = ["execute", "preview"];

/**
 * Of a call that the bridge answered with `status`; undefined where it was none of Novu's: a stranger without its key must not fill the collector.
 * Of the payload only a trace context is looked at.
 */
export function bridgeCall(
  { url, headers }: Pick<Request, "url" | "headers">,
  body: Uint8Array,
  status: number,
): BridgeCall | undefined {
  const { searchParams: query } = new URL(url);
  const told = (name: string) => query.get(name) ?? "";
  const action = told("action");
  if (status === 401 || !actions.includes(action)) return undefined;
  const traceparent = headers.get("traceparent") ?? inPayload(body);
  return {
    action,
    workflow: told("workflowId"),
    step: told("stepId"),
    parent: traceparent === undefined ? undefined : parseTraceparent(traceparent),
  };
}

function inPayload(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Parsed only where there is something to find: a digest's body is megabytes.
  if (!text.includes('"traceparent"')) return undefined;
  try {
    const { payload } = JSON.parse(text.toString()) as { payload?: { traceparent?: unknown } | null };
    return typeof payload?.traceparent === "string" ? payload.traceparent : undefined;
  } catch {
    return undefined;
  }
}
