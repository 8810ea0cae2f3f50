import { parseTraceparent, type TraceContext } from "../traceparent.ts";

/** What the span of a call to the bridge contains. */
export interface BridgeCall {
  readonly action: string;
  readonly workflow: string;
  readonly step: string;
  /** The parent of the span. It is in a header, or in the payload if the producer put it there, since Novu forwards no trace context. */
  readonly parent: TraceContext | undefined;
}

/** The POST actions of Novu's bridge protocol. The bridge checks the signature of each call. */
const actions: readonly string[] = ["execute", "preview"];

/**
 * Describes a call to which the bridge responded with `status`. Undefined for a call that Novu did not make: a caller without the key must not fill
 * the collector. It reads only the trace context of the payload.
 */
export function bridgeCall(
  { url, headers }: Pick<Request, "url" | "headers">,
  body: Uint8Array,
  status: number,
): BridgeCall | undefined {
  const { searchParams: query } = new URL(url);
  const param = (name: string) => query.get(name) ?? "";
  const action = param("action");
  if (status === 401 || !actions.includes(action)) return undefined;
  const traceparent = headers.get("traceparent") ?? inPayload(body);
  return {
    action,
    workflow: param("workflowId"),
    step: param("stepId"),
    parent: traceparent === undefined ? undefined : parseTraceparent(traceparent),
  };
}

function inPayload(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Parsed only when needed: the body of a digest is megabytes.
  if (!text.includes('"traceparent"')) return undefined;
  try {
    const { payload } = JSON.parse(text.toString()) as { payload?: { traceparent?: unknown } | null };
    return typeof payload?.traceparent === "string" ? payload.traceparent : undefined;
  } catch {
    return undefined;
  }
}
