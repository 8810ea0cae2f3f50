import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Claim, DeliveryEvent, OutcomeKind } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { formatTraceparent, parseTraceparent } from "../../core/traceparent.ts";
import type { ClaimTrace, TracingPort } from "../../core/tracing/port.ts";

export interface SpansOptions {
  readonly tracer: Tracer;
  readonly flush: TracingPort["flush"];
  /** Address of Novu's API. */
  readonly novuUrl: string;
}

// Spans carry ids, counts and this program's own words only: no contents of a notification, and no texts of Novu.
// Names follow OpenTelemetry's conventions for messaging and HTTP where they have one.
const queue = { "messaging.system": "xnovu", "messaging.destination.name": "notify.notification" };
const delivery = { ...queue, "messaging.operation.name": "deliver", "messaging.operation.type": "process" };
const kind = SpanKind.CONSUMER;
const callName = "POST novu";

/** Spans of claims, notifications and calls to Novu. A claim holds rows of many traces, so it has a trace of its own with a link to each. */
export function createClaimSpans(options: SpansOptions): TracingPort {
  const { tracer } = options;
  return {
    flush: options.flush,
    claim: (claim, workflowId) => claimTrace(options, claim, workflowId),
    startFanOut(row, workflowId) {
      const attributes = { ...queue, ...idsOf(row), "temporal.workflow_id": workflowId };
      const span = tracer.startSpan("start workflow", { kind: SpanKind.PRODUCER, attributes }, contextOf(row));
      return (started) => {
        if (!started) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },
  };
}

function claimTrace({ tracer, novuUrl }: SpansOptions, { token, rows }: Claim, workflowId: string): ClaimTrace {
  const ids = { "xnovu.claim": token, "temporal.workflow_id": workflowId };
  const attributes = { ...delivery, ...ids, "messaging.batch.message_count": rows.length };
  const claim = tracer.startSpan("deliver claim", { kind, attributes, links: rows.flatMap(linksOf) }, ROOT_CONTEXT);
  const inClaim = trace.setSpan(ROOT_CONTEXT, claim);
  const open = new Map(rows.map((row) => [row.id, startNotification(tracer, row, ids, claim)]));
  const server = serverOf(novuUrl);
  return {
    traceId: claim.spanContext().traceId,
    call: (events) => callTrace(startCall(tracer, events, server, open, inClaim)),
    settled(id, outcome) {
      end(open.get(id), outcome);
      open.delete(id);
    },
    end() {
      // Their lease was lost or the delivery failed: another claim delivers them.
      for (const span of open.values()) end(span, "left");
      open.clear();
      claim.end();
    },
  };
}

/** A notification belongs to its producer's trace, with a link to the claim; without such a trace it belongs to the claim. */
function startNotification(tracer: Tracer, row: ClaimedNotification, ids: Attributes, claim: Span): Span {
  const attributes = { ...delivery, ...ids, ...idsOf(row), ...factsOf(row) };
  const context = contextOf(row);
  return context === undefined
    ? tracer.startSpan("deliver notification", { kind, attributes }, trace.setSpan(ROOT_CONTEXT, claim))
    : tracer.startSpan("deliver notification", { kind, attributes, links: [linkTo(claim)] }, context);
}

/** A call for one notification is its child. A call for several is a child of the claim, linked with each of them in both directions. */
function startCall(
  tracer: Tracer,
  events: readonly DeliveryEvent[],
  server: Attributes,
  open: ReadonlyMap<string, Span>,
  inClaim: Context,
): Span {
  const attributes = { ...server, "messaging.batch.message_count": events.length };
  const ids = new Set(events.map(({ notificationId }) => notificationId));
  const notifications = [...ids].flatMap((id) => open.get(id) ?? []);
  const [first] = notifications;
  if (first !== undefined && notifications.length === 1)
    return tracer.startSpan(callName, { kind: SpanKind.CLIENT, attributes }, trace.setSpan(ROOT_CONTEXT, first));
  const links = notifications.map(linkTo);
  const span = tracer.startSpan(callName, { kind: SpanKind.CLIENT, attributes, links }, inClaim);
  for (const notification of notifications) notification.addLink(linkTo(span));
  return span;
}

function callTrace(span: Span): ReturnType<ClaimTrace["call"]> {
  return {
    traceparent: formatTraceparent(span.spanContext()),
    answered(status) {
      span.setAttribute("http.response.status_code", status);
      if (status >= 400) span.setAttribute("error.type", String(status));
    },
    end(reply) {
      span.setAttribute("xnovu.reply", reply);
      if (reply !== "answered") span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function end(span: Span | undefined, outcome: OutcomeKind | "left"): void {
  span?.setAttribute("xnovu.outcome", outcome);
  if (outcome === "failed" || outcome === "dead") span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}

function serverOf(novuUrl: string): Attributes {
  const { hostname, port, protocol } = new URL(novuUrl);
  const portNumber = Number(port || (protocol === "https:" ? 443 : 80));
  return { "http.request.method": "POST", "server.address": hostname, "server.port": portNumber };
}

const idsOf = ({ id, workflow }: ClaimedNotification) => ({ "xnovu.notification.id": id, "xnovu.workflow": workflow });

const factsOf = ({ attempts, recipients, waitedMs }: ClaimedNotification) => ({
  "xnovu.attempt": attempts,
  "xnovu.recipients": recipients.length,
  ...(waitedMs === undefined ? {} : { "xnovu.waited_ms": Math.round(waitedMs) }),
});

/** The trace context of the producer, as a remote parent; undefined where it gave none. */
function contextOf({ traceparent }: ClaimedNotification) {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parent && trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

const linkTo = (span: Span): Link => ({ context: span.spanContext() });

function linksOf({ traceparent }: ClaimedNotification): Link[] {
  const context = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return context === undefined ? [] : [{ context }];
}
