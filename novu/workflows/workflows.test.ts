import { createHmac } from "node:crypto";
import { Client, serve } from "@novu/framework/next";
import { NextRequest } from "next/server.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { workflowIds, workflows } from "./index.ts";
import { payloadSchemas } from "./schemas.ts";

// The real bridge with the real workflows, called as Novu calls it.
const secretKey = "bridge-test-key";
const bridge = serve({ client: new Client({ secretKey, strictAuthentication: true, verbose: false }), workflows });

const sign = (body: unknown, key = secretKey, at = Date.now()) =>
  `t=${at},v1=${createHmac("sha256", key)
    .update(`${at}.${JSON.stringify(body)}`)
    .digest("hex")}`;

async function call(method: "GET" | "POST", query: string, body: unknown = {}, signature = sign(body)) {
  const request = new NextRequest(`http://app.example/api/novu?${query}`, {
    method,
    headers: { "novu-signature": signature, "content-type": "application/json" },
    ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
  });
  const response = await bridge[method](request, undefined);
  return { status: response.status, body: await response.json() };
}

interface ExecuteOptions {
  readonly payload: object;
  readonly stepId?: string;
  readonly earlier?: readonly string[];
  readonly controls?: object;
  readonly signature?: string;
}

const seen = { seen: false, read: false, lastSeenDate: null, lastReadDate: null };

function execute(
  workflowId: string,
  { payload, stepId = workflowId, earlier = [], controls = {}, signature }: ExecuteOptions,
) {
  const state = earlier.map((id) => ({
    stepId: id,
    outputs: id === "in-app" ? seen : {},
    state: { status: "completed" },
  }));
  const body = { payload, controls, state, subscriber: { subscriberId: "ada" }, context: {}, env: {} };
  return call("POST", `action=execute&workflowId=${workflowId}&stepId=${stepId}`, body, signature ?? sign(body));
}

const good = {
  email: {
    subject: "Tom & Jerry",
    body: "a < b",
    preheader: "p",
    action: { label: "Open", url: "mailto:a@b.example" },
  },
  sms: { body: "a < b & c" },
  push: { title: "Tom & Jerry", body: "a < b" },
  "in-app": {
    subject: "Tom & Jerry",
    body: "a <b",
    avatar: "https://a.example/a?x=1&y=2",
    action: { label: "Go", url: "/o?a=1&b=2" },
  },
  chat: { body: "a < b & c" },
  "multi-channel": { subject: "Tom & Jerry", body: "a <b", action: { label: "Go", url: "https://a.example/?a=1&b=2" } },
} as const;

test("discover lists the six workflows in the order of the ids, each with its payload schema", async () => {
  const { status, body } = await call("GET", "action=discover");
  assert.is(status, 200);
  const found = body.workflows as {
    workflowId: string;
    name: string;
    payload: { schema: unknown };
    steps: unknown[];
  }[];
  assert.equal(
    found.map((w) => w.workflowId),
    [...workflowIds],
  );
  for (const id of workflowIds) {
    const workflow = found.find((w) => w.workflowId === id);
    assert.equal(workflow?.payload.schema, payloadSchemas[id]);
    assert.is(workflow?.steps.length, id === "multi-channel" ? 5 : 1);
  }
});

test("each step outputs the content of its channel with unchanged text", async () => {
  const outputs = async (id: keyof typeof good) => {
    const { status, body } = await execute(id, { payload: good[id] });
    assert.is(status, 200, JSON.stringify(body));
    return body.outputs;
  };
  const mail = await outputs("email");
  assert.is(mail.subject, "Tom & Jerry");
  assert.match(mail.body, /^<!doctype html>/);
  assert.match(mail.body, "a &lt; b</p>");
  assert.match(mail.body, 'href="mailto:a@b.example"');
  assert.match(mail.body, ">XNovu</p>");
  assert.equal(await outputs("sms"), { body: "a < b & c" });
  assert.equal(await outputs("push"), { subject: "Tom & Jerry", body: "a < b" });
  assert.equal(await outputs("chat"), { body: "a < b & c" });
  assert.equal(await outputs("in-app"), {
    subject: "Tom & Jerry",
    body: "a <b",
    avatar: "https://a.example/a?x=1&y=2",
    primaryAction: { label: "Go", redirect: { url: "/o?a=1&b=2", target: "_self" } },
  });
});

test("an editor's controls appear around the mail, escaped", async () => {
  const controls = { brand: "<b>Shop</b>", footer: "Bye", language: "zh-CN" };
  const { body } = await execute("email", { payload: good.email, controls });
  assert.match(body.outputs.body, "&lt;b&gt;Shop&lt;/b&gt;");
  assert.match(body.outputs.body, '<html lang="zh-CN">');
});

const order = ["in-app", "email", "push", "chat", "sms"];
const multi = (stepId: string, payload: object) =>
  execute("multi-channel", { payload, stepId, earlier: order.slice(0, order.indexOf(stepId)).reverse() });

test("multi-channel uses every channel, or those in the payload", async () => {
  for (const stepId of order) {
    const all = await multi(stepId, good["multi-channel"]);
    assert.is(all.status, 200, JSON.stringify(all.body));
    assert.is(all.body.options.skip, false, stepId);
    const some = await multi(stepId, { ...good["multi-channel"], channels: ["email", "sms"] });
    assert.is(some.body.options.skip, stepId !== "email" && stepId !== "sms", stepId);
  }
  const text = (await multi("sms", good["multi-channel"])).body.outputs.body;
  assert.is(text, "a <b\nGo: https://a.example/?a=1&b=2");
});

const bad: readonly [keyof typeof good, object][] = [
  ["email", { subject: "s" }],
  ["email", { subect: "misspelt", body: "b" }],
  ["email", { subject: " ", body: "b" }],
  ["email", { subject: "a\r\nBcc: x@y.example", body: "b" }],
  ["email", { subject: "s", body: 1 }],
  ["email", { subject: "s", body: "b", action: { label: "l", url: "javascript:alert(1)" } }],
  ["email", { subject: "x".repeat(256), body: "b" }],
  ["sms", {}],
  ["sms", { body: "x".repeat(1601) }],
  ["push", { body: "b" }],
  ["in-app", { body: "" }],
  ["in-app", { body: "b", action: { label: "l", url: "//evil.example" } }],
  ["chat", { body: "\n" }],
  ["multi-channel", { subject: "s", body: "b", channels: ["fax"] }],
  ["multi-channel", { subject: "s", body: "b", channels: [] }],
];

test("an invalid payload is refused with 400 and the invalid field", async () => {
  for (const [id, payload] of bad) {
    const { status, body } = await execute(id, { payload, stepId: id === "multi-channel" ? "in-app" : id });
    assert.is(status, 400, `${id} ${JSON.stringify(payload).slice(0, 80)}: ${JSON.stringify(body)}`);
  }
});

test("fields that a producer or Novu adds are accepted", async () => {
  const { status } = await execute("sms", { payload: { body: "b", orderId: 7, __source: "dashboard" } });
  assert.is(status, 200);
});

test("a missing signature, one with another key, an old one, and one of another body are refused with 401", async () => {
  const payload = good.sms;
  for (const signature of ["", sign({}, "other"), sign({}, secretKey, Date.now() - 600_000), sign({ payload })])
    assert.is((await execute("sms", { payload, signature })).status, 401, signature);
  assert.is((await call("GET", "action=discover", {}, "")).status, 401);
});

test.run();
