import { test } from "uvu";
import * as assert from "uvu/assert";
import { bridgeCall } from "./bridge-call.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const context = { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: 0 };
const request = (query: string, headers = {}) => ({ url: `http://h/api/novu?${query}`, headers: new Headers(headers) });
const execute = "action=execute&workflowId=email&stepId=mail";
const bytes = (body: unknown) => Buffer.from(typeof body === "string" ? body : JSON.stringify(body));

test("a call says its action, workflow and step", () => {
  const found = bridgeCall(request(execute), bytes({ payload: {} }), 200);
  assert.equal(found, { action: "execute", workflow: "email", step: "mail", parent: undefined });
});

test("its parent is that of the header, or of the payload; what is no trace context is none", () => {
  const parent = (body: unknown, headers = {}) => bridgeCall(request(execute, headers), bytes(body), 200)?.parent;
  assert.equal(parent({ payload: { traceparent } }), context);
  assert.equal(parent({ payload: {} }, { traceparent }), context);
  assert.equal(parent({ payload: { traceparent: "x" } }, { traceparent }), context);
  for (const body of [
    { traceparent },
    { payload: { traceparent: "x" } },
    { payload: { traceparent: { traceparent } } },
    { payload: null, traceparent },
    '"traceparent"',
    '{"traceparent"',
  ])
    assert.is(parent(body), undefined, JSON.stringify(body));
});

test("a call that was not signed, or is not Novu's, is not described", () => {
  assert.is(bridgeCall(request(execute), bytes({}), 401), undefined);
  for (const query of ["", "action=discover", "action=other&workflowId=x"])
    assert.is(bridgeCall(request(query), bytes({}), 400), undefined, query);
});

test.run();
