// time limit: 180 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { type Collector, startCollector } from "./support/collector.ts";
import { fakeServer, silence } from "./support/fake-server.ts";
import { quick, sendingPaths } from "./support/fault-lab.ts";
import type { SeenSpan } from "./support/otlp.ts";
import { novuKey, type RunningWorker, until, type WorkerRig } from "./support/worker.ts";
import { openRig } from "./support/worker-suite.ts";

// A real worker that tells its traces to a collector over OTLP, from the row's trace context to the call to Novu.
const person = { subscriberId: "ada-77", email: "ada.lovelace@example.com", phone: "+4915112345678" };
const content = { name: "Grandmother's surgery went well" };
const collectorKey = "Bearer-key-of-the-collector";

let rig: WorkerRig;
let collector: Collector;
let worker: RunningWorker;

openRig(
  (opened) => {
    ({ rig } = opened);
  },
  { emptyBefore: true },
);
test.before(async () => {
  collector = await startCollector();
  worker = await rig.start({
    ...quick,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${collectorKey}`,
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    XNOVU_LOG_LEVEL: "trace",
  });
  await worker.ready();
});
test.after(() => collector.close());

/** A producer's trace and the span in it that asks for the notification. */
const producer = (n: number, flags = "01") => {
  const traceId = String(n).padStart(32, "a");
  const spanId = String(n).padStart(16, "b");
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
};
const insert = async (columns: Record<string, unknown>) =>
  (await rig.insert(1, { recipients: JSON.stringify([person]), payload: JSON.stringify(content), ...columns }))[0] ??
  "";
const of = (id: string, name = "deliver notification") =>
  collector.spans().filter((span) => span.name === name && span.attributes["xnovu.notification.id"] === id);
/** The one span that tells this end of a notification. */
const spanOf = (id: string, outcome: string): Promise<SeenSpan> =>
  until(() => of(id).find(({ attributes }) => attributes["xnovu.outcome"] === outcome));
const spanBy = (spanId: string | undefined): Promise<SeenSpan> =>
  until(() => collector.spans().find((span) => span.spanId === spanId));
const childrenOf = ({ spanId }: SeenSpan) => collector.spans().filter(({ parentSpanId }) => parentSpanId === spanId);
const headersOfLastCall = () => rig.novu.control.calls().last.at(-1)?.headers ?? {};

test("a row with a trace context: its notification and the call to Novu are spans of that trace, and the claim has a link to it", async () => {
  const trace = producer(1);
  const id = await insert({ traceparent: trace.traceparent });
  const notification = await spanOf(id, "sent");
  assert.is(notification.traceId, trace.traceId);
  assert.is(notification.parentSpanId, trace.spanId);
  assert.is(notification.kind, 5);
  assert.is(notification.resource["service.name"], "xnovu-worker");
  assert.is(notification.resource["deployment.environment.name"], "test");
  const { rows } = await rig.db.query<{ workflow: string }>(
    "SELECT temporal_workflow_id AS workflow FROM notify.timeline WHERE notification_id = $1 AND to_status = 'SENT'",
    [id],
  );
  const { "xnovu.claim": claimToken, "xnovu.waited_ms": waited, ...rest } = notification.attributes;
  assert.match(String(claimToken), /^[0-9a-f-]{36}$/);
  assert.ok(Number(waited) >= 0);
  assert.equal(rest, {
    "messaging.system": "xnovu",
    "messaging.destination.name": "notify.notification",
    "messaging.operation.name": "deliver",
    "messaging.operation.type": "process",
    "temporal.workflow_id": rows[0]?.workflow,
    "xnovu.notification.id": id,
    "xnovu.workflow": "mail-only",
    "xnovu.attempt": 1,
    "xnovu.recipients": 1,
    "xnovu.outcome": "sent",
  });
  const [call] = childrenOf(notification);
  assert.equal([call?.name, call?.kind, call?.traceId], ["POST novu", 3, trace.traceId]);
  assert.is(call?.attributes["http.response.status_code"], 201);
  assert.is(call?.attributes["server.port"], Number(new URL(rig.novu.url).port));
  assert.is(headersOfLastCall().traceparent, `00-${trace.traceId}-${call?.spanId}-01`);
  const claim = await spanBy(notification.links[0]?.spanId);
  assert.equal([claim.name, claim.parentSpanId], ["deliver claim", ""]);
  assert.is.not(claim.traceId, trace.traceId);
  assert.equal(claim.links, [{ traceId: trace.traceId, spanId: trace.spanId }]);
  assert.is(collector.requests()[0]?.authorization, collectorKey);
  assert.is(collector.requests()[0]?.path, "/v1/traces");
});

test("a bulk call is a span of the claim with a link to each notification, and each has one to it; without a context they are the claim's own", async () => {
  const traces = [producer(21), producer(22), undefined];
  const { rows } = await rig.db.query<{ id: string }>(
    `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, traceparent)
     SELECT 'acme', 'mail-only', jsonb_build_array('b' || n), '{"name":"Ada"}', t FROM unnest($1::text[]) WITH ORDINALITY AS u (t, n) RETURNING id`,
    [traces.map((trace) => trace?.traceparent ?? null)],
  );
  const spans = await Promise.all(rows.map(({ id }) => spanOf(id, "sent")));
  const call = await until(() =>
    collector.spans().find((span) => span.name === "POST novu" && span.links.length === 3),
  );
  assert.equal(
    call.links,
    spans.map(({ traceId, spanId }) => ({ traceId, spanId })),
  );
  const claim = await spanBy(call.parentSpanId);
  assert.equal(
    spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId]),
    traces.map((trace) => (trace ? [trace.traceId, trace.spanId] : [claim.traceId, claim.spanId])),
  );
  const toCall = { traceId: call.traceId, spanId: call.spanId };
  for (const { links } of spans) assert.equal(links.at(-1), toCall);
  assert.equal(
    claim.links.map(({ traceId }) => traceId),
    [producer(21).traceId, producer(22).traceId],
  );
  assert.is(claim.attributes["messaging.batch.message_count"], 3);
});

test("each attempt is a span; failures are errors and say by number and word alone what happened", async () => {
  const echo = { message: `cannot send ${JSON.stringify(content)} to ${person.email}` };
  rig.novu.control.addFault({ match: { path: sendingPaths }, status: 500, times: 1, body: echo });
  const trace = producer(3);
  const id = await insert({ traceparent: trace.traceparent });
  const [failed, sent] = [await spanOf(id, "failed"), await spanOf(id, "sent")];
  assert.equal([failed.status, failed.attributes["xnovu.attempt"]], [2, 1]);
  assert.equal([sent.status, sent.attributes["xnovu.attempt"]], [0, 2]);
  assert.equal([failed.parentSpanId, sent.parentSpanId], [trace.spanId, trace.spanId]);
  const [call] = childrenOf(failed);
  assert.is(call?.status, 2);
  assert.is(call?.attributes["error.type"], "500");
  assert.is(call?.attributes["xnovu.reply"], "unknown");
  rig.novu.control.addFault({ match: { path: sendingPaths }, status: 400, times: 1, body: echo });
  const dead = await spanOf(await insert({ traceparent: trace.traceparent }), "dead");
  assert.is(dead.status, 2);
});

test("a notification with a Temporal workflow of its own: the start, the delivery and its calls are in the producer's trace", async () => {
  const trace = producer(4);
  const recipients = JSON.stringify(Array.from({ length: 501 }, (_, i) => `m${i}`));
  const id = await insert({ traceparent: trace.traceparent, recipients });
  const notification = await spanOf(id, "sent");
  const start = await until(() => of(id, "start workflow")[0]);
  for (const span of [start, notification])
    assert.equal([span.traceId, span.parentSpanId], [trace.traceId, trace.spanId]);
  assert.match(String(notification.attributes["temporal.workflow_id"]), /^xnovu-claim-/);
  assert.is(start.attributes["temporal.workflow_id"], notification.attributes["temporal.workflow_id"]);
  assert.is(childrenOf(notification).filter(({ name }) => name === "POST novu").length, 6);
});

test("a producer that does not sample is followed: its notification has no span", async () => {
  const unsampled = await insert({ traceparent: producer(5, "00").traceparent });
  const sampled = await insert({ traceparent: producer(6).traceparent });
  await spanOf(sampled, "sent");
  await until(async () => (await rig.counts()).SENT === 2);
  assert.equal(of(unsampled), []);
});

test("no recipient, content or secret is in anything that was exported, and the log has the traces' ids without them", async () => {
  const exported = collector.text();
  const log = worker.output();
  for (const hidden of [person.email, person.phone, person.subscriberId, "Grandmother", novuKey, collectorKey])
    for (const text of [exported, log]) assert.not.ok(text.includes(hidden), `${hidden} is exported or logged`);
  // The test would pass as well if nothing had been said.
  assert.ok(collector.spans().length > 20);
  const claim = collector.spans().find(({ links }) => links[0]?.traceId === producer(1).traceId);
  const line = log.split("\n").find((one) => one.includes(producer(1).traceId)) ?? "";
  const { trace_id, traceIds, workflowId, notifications } = JSON.parse(line.slice(line.indexOf("{")));
  assert.equal([trace_id, traceIds], [claim?.traceId, [producer(1).traceId]]);
  assert.match(workflowId, /^xnovu-session-/);
  assert.is(notifications.length, 1);
});

test("the last spans arrive before a stop ends", async () => {
  const id = await insert({ traceparent: producer(7).traceparent });
  await until(async () => (await rig.counts()).SENT === 1);
  assert.equal(await worker.end(), { code: 0, signal: null });
  assert.is(of(id).length, 1);
});

const own = async () => ({ ...quick, WORKER_HEALTH_PORT: String(await freePort()) });
/** Prints, as the process ends, which files of OpenTelemetry it had loaded. */
const spy = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from "node:module";
  const { cache } = createRequire(process.cwd() + "/x");
  process.on("exit", () => console.log("loaded:" + Object.keys(cache).filter((path) => /opentelemetry.(sdk-trace|exporter|otlp)/.test(path)).length + ":"));`)}`;
const loaded = (of: RunningWorker) => Number(/loaded:(\d+):/.exec(of.output())?.[1]);
const withSpy = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import=${spy}` };

test("off unless an endpoint is set and the SDK not disabled: nothing is loaded, nothing connects, and Novu gets no header", async () => {
  for (const env of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true" }]) {
    const before = collector.requests().length;
    const off = await rig.start({ ...(await own()), ...withSpy, ...env });
    await off.ready();
    await insert({ traceparent: producer(8).traceparent });
    await until(async () => (await rig.counts()).SENT === 1);
    assert.is(headersOfLastCall().traceparent, undefined);
    assert.equal(await off.end(), { code: 0, signal: null });
    assert.is(loaded(off), 0);
    assert.is(collector.requests().length, before);
    await rig.db.query("TRUNCATE notify.notification");
  }
});

test("a collector that takes requests and never answers holds up neither a notification nor the stop", async () => {
  const mute = await fakeServer(silence);
  try {
    const mine = await rig.start({ ...(await own()), OTEL_EXPORTER_OTLP_ENDPOINT: mute.url });
    await mine.ready();
    for (const round of [1, 2]) {
      await insert({ traceparent: producer(12).traceparent });
      await until(async () => (await rig.counts()).SENT === round);
      // The first spans are on their way by now; the second ones wait for the stop.
      await new Promise((resolve) => setTimeout(resolve, round === 1 ? 1_200 : 0));
    }
    const begin = Date.now();
    assert.equal(await mine.end(), { code: 0, signal: null });
    assert.ok(Date.now() - begin < 5_000, `the stop took ${Date.now() - begin} ms`);
  } finally {
    await mute.close();
  }
});

test("a collector that is away: notifications are sent, the log says it once, and the stop is in time", async () => {
  const port = await freePort();
  const away = await rig.start({
    ...(await own()),
    ...withSpy,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    // Milliseconds; the exporter's own tries would go on for ten seconds.
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
  });
  await away.ready();
  const warnings = () =>
    away
      .output()
      .split("\n")
      .filter((line) => line.includes("the collector does not accept traces"));
  for (const round of [1, 2, 3]) {
    await insert({ traceparent: producer(9).traceparent });
    await until(async () => (await rig.counts()).SENT === round);
    if (round === 1) await until(() => warnings().length === 1);
    else await new Promise((resolve) => setTimeout(resolve, 1_800));
  }
  assert.is(warnings().length, 1);
  const back = await startCollector(port);
  try {
    await insert({ traceparent: producer(10).traceparent });
    await until(() => back.spans().some(({ traceId }) => traceId === producer(10).traceId));
    await until(() => away.output().includes("the collector accepts traces again"));
  } finally {
    await back.close();
  }
  await insert({ traceparent: producer(11).traceparent });
  await until(async () => (await rig.counts()).SENT === 5);
  const begin = Date.now();
  assert.equal(await away.end(), { code: 0, signal: null });
  assert.ok(Date.now() - begin < 5_000, `the stop took ${Date.now() - begin} ms`);
  assert.ok(loaded(away) > 10, "the spy sees what is loaded");
});

test.run();
