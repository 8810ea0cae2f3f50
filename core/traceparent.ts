// W3C Trace Context (https://www.w3.org/TR/trace-context/): version, trace id, id of the parent span, flags. The same rule stands in the database as
// notification_traceparent_valid; outbox/producer.test.ts holds the two together.

const form = /^(?!ff)[0-9a-f]{2}-(?!0+-)([0-9a-f]{32})-(?!0+-)[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a `traceparent` belongs to; undefined where it is no valid one. */
export const traceIdOf = (traceparent: string): string | undefined => form.exec(traceparent)?.[1];
