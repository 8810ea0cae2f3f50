// W3C Trace Context (https://www.w3.org/TR/trace-context/): version, trace id, id of the parent span, flags. The database has the same
// rule as notification_traceparent_valid; outbox/producer.test.ts compares them.

const form = /^(?!ff)[0-9a-f]{2}-(?!0+-)([0-9a-f]{32})-(?!0+-)([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A place in a trace, like OpenTelemetry's SpanContext. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** 1: sampled. */
  readonly traceFlags: number;
}

/** Undefined for a text that is no valid `traceparent`. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, traceId, spanId, flags] = form.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version 00 defines only the lowest flag.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
}

export const formatTraceparent = ({ traceId, spanId, traceFlags }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`;

/** The trace id of a `traceparent`; undefined if it is not valid. */
export const traceIdOf = (text: string): string | undefined => parseTraceparent(text)?.traceId;
