// time limit: 540 s
import { createHmac } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../local/ports.ts";
import { placeApp, type RunningApp, startApp } from "./support/app.ts";
import { type Collector, startCollector } from "./support/collector.ts";
import { temporaryFolder } from "./support/folder.ts";
import { until } from "./support/worker.ts";

// The spans that the built app exports for Novu's calls to its bridge.
const folder = temporaryFolder("xnovu-app-traces-");
const secretKey = "novu-secret-of-the-test";
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
let serverPath: string;
let collector: Collector;
let app: RunningApp;

test.before(async () => {
  collector = await startCollector();
  serverPath = await placeApp(folder.path);
  app = await startApp(serverPath, { NOVU_SECRET_KEY: secretKey, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
});
test.after(async () => {
  await app?.child.stop();
  await collector?.close();
  folder.remove();
});

const sign = (body: string, key: string) => {
  const at = Date.now();
  return { "novu-signature": `t=${at},v1=${createHmac("sha256", key).update(`${at}.${body}`).digest("hex")}` };
};
const step = (payload: object) =>
  JSON.stringify({
    ...{ payload: { subject: "Grandmother", body: "surgery", ...payload }, controls: {}, state: [] },
    ...{ subscriber: { subscriberId: "ada-77", email: "ada@example.com" }, context: {}, env: {} },
  });
async function call(body: string, { key = secretKey, action = "execute", of = app, headers = {} } = {}) {
  const query = `action=${action}&workflowId=email&stepId=email`;
  const init = {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...sign(body, key), ...headers },
  };
  const response = await fetch(`${of.url}/api/novu?${query}`, init);
  await response.text();
  return response.status;
}
const seen = (count: number) => until(() => (collector.spans().length >= count ? collector.spans() : undefined));

test("a call is a span that joins the producer's trace by payload or header, and holds no content", async () => {
  assert.is(await call(step({})), 200);
  assert.is(await call(step({ traceparent })), 200);
  assert.is(await call(step({}), { headers: { traceparent } }), 200);
  assert.is(await call(step({ traceparent: "none" })), 200);
  const spans = await seen(4);
  const parents = spans.map(({ traceId, parentSpanId }) =>
    parentSpanId === "" ? "root" : `${traceId}-${parentSpanId}`,
  );
  assert.equal(parents, ["root", traceparent.slice(3, -3), traceparent.slice(3, -3), "root"]);
  for (const { name, kind, attributes, resource } of spans) {
    assert.equal([name, kind, resource["service.name"]], ["POST /api/novu", 2, "xnovu-app"]);
    assert.equal(attributes, {
      "http.request.method": "POST",
      "http.route": "/api/novu",
      "http.response.status_code": 200,
      "xnovu.bridge.action": "execute",
      "xnovu.workflow": "email",
      "xnovu.step": "email",
    });
  }
  for (const hidden of ["Grandmother", "surgery", "ada", secretKey]) assert.not.ok(collector.text().includes(hidden));
});

test("a request that is not signed with the key makes no span", async () => {
  const before = collector.spans().length;
  assert.is(await call(step({ traceparent }), { key: "another key" }), 401);
  await call(step({ traceparent }), { key: "another key", action: "none" });
  await fetch(`${app.url}/api/health`);
  assert.is(await call(step({})), 200);
  await seen(before + 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.is(collector.spans().length, before + 1);
});

test("a span of a call that finished just before the app stops is exported", async () => {
  const last = await startApp(serverPath, { NOVU_SECRET_KEY: secretKey, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const before = collector.spans().length;
  assert.is(await call(step({}), { of: last }), 200);
  await last.child.stop();
  assert.is(collector.spans().length, before + 1);
});

test("tracing is off unless an endpoint is set; a bad setting or an unreachable collector does not affect responses", async () => {
  const before = collector.requests().length;
  const bad = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: "sometimes" };
  const unreachable = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: "300",
  };
  for (const env of [{}, bad, unreachable]) {
    const other = await startApp(serverPath, { NOVU_SECRET_KEY: secretKey, ...env });
    try {
      for (const _ of [1, 2]) assert.is(await call(step({ traceparent }), { of: other }), 200);
      if (env === bad) assert.match(other.child.tail(), /OTEL_TRACES_SAMPLER.*tracing is off/);
      if (env === unreachable) await until(() => other.child.tail().includes("the collector does not accept traces"));
    } finally {
      await other.child.stop();
    }
  }
  assert.is(collector.requests().length, before);
});

test.run();
