// W3C Trace Context (https://www.w3.org/TR/trace-context/): version, trace id, id of the parent span, flags. The same rule stands in the database as
// notification_traceparent_valid; outbox/producer.test.ts holds the two together.

const form = /^(?!ff)[0-9a-f]{2}-(?!0+-)([0-9a-f]{32})-(?!0+-)([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A place in a trace, as OpenTelemetry's SpanContext has it. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** 1: sampled. */
  readonly traceFlags: number;
}

/** Undefined where the text is no valid `traceparent`. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, traceId, spanId, flags] = form.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Of the flags version 00 knows the lowest alone.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 };
}

export const formatTraceparent = ({ traceId, spanId, traceFlags }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`;

/** The trace that a `traceparent` belongs to; undefined where it is no valid one. */
export const traceIdOf = (text: string): string | undefined => parseTraceparent(text)?.traceId;
