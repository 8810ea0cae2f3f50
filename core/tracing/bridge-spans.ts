import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { BridgeCall } from "./bridge-call.ts";

/** Records a call to the bridge as a span. Times are milliseconds since 1970. */
export const createBridgeSpans =
  (tracer: Tracer) =>
  ({ action, workflow, step, parent }: BridgeCall, status: number, startedAt: number, endedAt: number): void => {
    const context =
      parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
    const attributes = {
      "http.request.method": "POST",
      "http.route": "/api/novu",
      "http.response.status_code": status,
      "xnovu.bridge.action": action,
      "xnovu.workflow": workflow,
      "xnovu.step": step,
    };
    const span = tracer.startSpan(
      "POST /api/novu",
      { kind: SpanKind.SERVER, attributes, startTime: startedAt },
      context,
    );
    if (status >= 500) {
      span.setAttribute("error.type", String(status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(endedAt);
  };
