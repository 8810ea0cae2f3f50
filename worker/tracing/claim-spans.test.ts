import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeliveryEvent } from "../../core/delivery.ts";
import type { ClaimedNotification } from "../../core/notification.ts";
import { createClaimSpans } from "./claim-spans.ts";

const row = (id: string, more: Partial<ClaimedNotification> = {}): ClaimedNotification => ({
  ...{
    id,
    enterpriseId: "acme",
    workflow: "email",
    recipients: ['"hidden-recipient"'],
    payload: '{"a":"hidden-payload"}',
  },
  ...{ overrides: '{"b":"hidden-override"}', transactionId: `hidden-${id}`, attempts: 2, maxAttempts: 3, batchId: "b" },
  ...{ settled: [], sentBefore: false, waitedMs: 12.6 },
  ...more,
});
const event = (notificationId: string, ordinal = 0): DeliveryEvent => ({
  ...{
    notificationId,
    ordinal,
    recipient: '"hidden"',
    workflow: "email",
    payload: "{}",
    overrides: "{}",
    transactionId: "t",
  },
});
const trace = (n: number) => `00-${String(n).padStart(32, "a")}-${String(n).padStart(16, "b")}-01`;

function rig() {
  const exporter = new InMemorySpanExporter();
  const processor = new BatchSpanProcessor({ exporter });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const spans = createClaimSpans({
    tracer: provider.getTracer("test"),
    flush: () => processor.forceFlush(),
    novuUrl: "https://api.novu.test/base",
  });
  const ended = async () => {
    await spans.flush(1_000);
    return exporter.getFinishedSpans();
  };
  return { spans, ended };
}

test("rows without an outcome are `left` when the delivery ends", async () => {
  const { spans, ended } = rig();
  const claim = spans.claim({ token: "t", rows: [row("1"), row("2", { traceparent: trace(2) })] }, "w");
  claim.settled("1", "released");
  claim.settled("unknown", "sent");
  claim.end();
  claim.settled("2", "sent");
  assert.equal(
    (await ended()).map(({ name, attributes }) => [
      name,
      attributes["xnovu.notification.id"],
      attributes["xnovu.outcome"],
    ]),
    [
      ["deliver notification", "1", "released"],
      ["deliver notification", "2", "left"],
      ["deliver claim", undefined, undefined],
    ],
  );
});

test("a call for one notification is its child, also for many recipients; half of a call depends on what it holds", async () => {
  const { spans, ended } = rig();
  const claim = spans.claim({ token: "t", rows: [row("1", { traceparent: trace(1) }), row("2")] }, "w");
  for (const events of [[event("1", 0), event("1", 1)], [event("1"), event("2")], [event("2")]]) {
    const call = claim.call(events);
    assert.match(call.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    call.end("answered");
  }
  claim.settled("1", "sent");
  claim.settled("2", "sent");
  claim.end();
  const all = await ended();
  const calls = all.filter(({ name }) => name === "POST novu");
  const [first, second] = all.filter(({ name }) => name === "deliver notification");
  const whole = all.find(({ name }) => name === "deliver claim");
  assert.equal(
    [first, second].map((span) => span?.parentSpanContext?.spanId),
    ["1".padStart(16, "b"), whole?.spanContext().spanId],
    "of the producer's span where it gave one",
  );
  assert.equal(
    calls.map(({ parentSpanContext }) => parentSpanContext?.spanId),
    [first, whole, second].map((span) => span?.spanContext().spanId),
  );
  assert.equal(
    calls[1]?.links.map(({ context }) => context.spanId),
    [first, second].map((span) => span?.spanContext().spanId),
  );
  assert.equal([calls[0]?.attributes["server.address"], calls[0]?.attributes["server.port"]], ["api.novu.test", 443]);
});

test("no span contains what was sent", async () => {
  const { spans, ended } = rig();
  const rows = [row("1", { traceparent: trace(1) }), row("2")];
  const claim = spans.claim({ token: "t", rows }, "w");
  const call = claim.call([event("1"), event("2")]);
  call.answered(500);
  call.end("unknown");
  for (const { id } of rows) claim.settled(id, "dead");
  claim.end();
  for (const one of rows) spans.startFanOut(one, "w")(false);
  const all = await ended();
  assert.is(all.length, 6);
  const text = JSON.stringify(
    all.map(({ name, attributes, events, links, status }) => [name, attributes, events, links, status]),
  );
  assert.not.match(text, /hidden|acme/);
});

test.run();
