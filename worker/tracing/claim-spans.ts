import { type Link, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { Claim, DeliveryEvent, Settlement } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { formatTraceparent, parseTraceparent } from "../../core/traceparent.ts";
import type { ClaimTrace, TracingPort } from "../../core/tracing/port.ts";

export interface SpansOptions {
  readonly tracer: Tracer;
  readonly flush: TracingPort["flush"];
  /** Address of Novu's API. */
  readonly novuUrl: string;
}

// Ids, counts and words of this program alone: what a producer sent and what Novu said stay out of every span.
// Names by OpenTelemetry's conventions for messaging and HTTP where they have one.
const queue = { "messaging.system": "xnovu", "messaging.destination.name": "notify.notification" };
const outcomes = { SENT: "sent", FAILED: "failed", DEAD: "dead", PENDING: "released" } as const;

/** Claims, notifications and calls to Novu as spans. A claim holds rows of many traces, so it has one of its own with a link to each. */
export function createClaimSpans(options: SpansOptions): TracingPort {
  const { tracer } = options;
  return {
    flush: options.flush,
    claim: (claim, workflowId) => claimTrace(options, claim, workflowId),
    handOver(row, workflowId) {
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
  const carried = { ...queue, "messaging.operation.name": "deliver", "messaging.operation.type": "process" };
  const ids = { "xnovu.claim": token, "temporal.workflow_id": workflowId };
  const size = { "messaging.batch.message_count": rows.length };
  const claim = tracer.startSpan(
    "deliver claim",
    { kind: SpanKind.CONSUMER, attributes: { ...carried, ...ids, ...size }, links: rows.flatMap(linksOf) },
    ROOT_CONTEXT,
  );
  const inClaim = trace.setSpan(ROOT_CONTEXT, claim);
  const open = new Map(rows.map((row) => [row.id, startNotification(row)]));

  function startNotification(row: ClaimedNotification): Span {
    const attributes = { ...carried, ...ids, ...idsOf(row), ...factsOf(row) };
    const context = contextOf(row);
    if (context === undefined) return tracer.startSpan("deliver notification", { kind, attributes }, inClaim);
    return tracer.startSpan("deliver notification", { kind, attributes, links: [linkTo(claim)] }, context);
  }

  function startCall(events: readonly DeliveryEvent[]): Span {
    const { hostname, port, protocol } = new URL(novuUrl);
    const attributes = {
      "http.request.method": "POST",
      "server.address": hostname,
      "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
      "messaging.batch.message_count": events.length,
    };
    const notifications = [...new Set(events.map(({ notificationId }) => notificationId))].flatMap(
      (id) => open.get(id) ?? [],
    );
    const [first] = notifications;
    // Of one notification alone the call is a part; one for many is a part of the claim, and each of them and it know each other by links.
    if (first !== undefined && notifications.length === 1)
      return tracer.startSpan(callName, { kind: SpanKind.CLIENT, attributes }, trace.setSpan(ROOT_CONTEXT, first));
    const links = notifications.map(linkTo);
    const span = tracer.startSpan(callName, { kind: SpanKind.CLIENT, attributes, links }, inClaim);
    for (const notification of notifications) notification.addLink(linkTo(span));
    return span;
  }

  return {
    traceId: claim.spanContext().traceId,
    call(events) {
      const span = startCall(events);
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
    },
    settled(id, to) {
      end(open.get(id), to);
      open.delete(id);
    },
    end() {
      // Another worker has them, or the rescue will.
      for (const span of open.values()) end(span, "left");
      open.clear();
      claim.end();
    },
  };
}

const kind = SpanKind.CONSUMER;
const callName = "POST novu";

function end(span: Span | undefined, to: Settlement["to"] | "left"): void {
  span?.setAttribute("xnovu.outcome", to === "left" ? to : outcomes[to]);
  if (to === "FAILED" || to === "DEAD") span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}

const idsOf = ({ id, workflow }: ClaimedNotification) => ({ "xnovu.notification.id": id, "xnovu.workflow": workflow });

const factsOf = ({ attempts, recipients, waitedMs }: ClaimedNotification) => ({
  "xnovu.attempt": attempts,
  "xnovu.recipients": recipients.length,
  ...(waitedMs === undefined ? {} : { "xnovu.waited_ms": Math.round(waitedMs) }),
});

/** The producer's place in its trace, as the parent of what the worker does; undefined where it gave none. */
function contextOf({ traceparent }: ClaimedNotification) {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parent && trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

const linkTo = (span: Span): Link => ({ context: span.spanContext() });

function linksOf({ traceparent }: ClaimedNotification): Link[] {
  const context = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return context === undefined ? [] : [{ context }];
}
