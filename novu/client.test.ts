import type { RequestListener } from "node:http";
import { type RunningNovu, startNovu } from "@xnovu/novu-emulator";
import { startBridge, type TestBridge } from "@xnovu/novu-emulator/test-bridge";
import { allWorkflows } from "@xnovu/novu-emulator/test-workflows";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CallReply, DeliveryCall, DeliveryEvent, NovuPort } from "../core/delivery.ts";
import type { JsonObject, Recipient } from "../core/notification.ts";
import { fakeServer } from "../test/support/fake-server.ts";
import { createNovu } from "./client.ts";
import { createSdk } from "./sdk.ts";

const test = suite("novu client");
const secretKey = "sk-of-the-tests";
/** Calls of several events and of one. */
const sending = "/v1/events/trigger*";
let bridge: TestBridge;
let novu: RunningNovu;
let port: NovuPort;

test.before(async () => {
  bridge = await startBridge(allWorkflows, secretKey);
  novu = await startNovu({ secretKey, deliver: false });
  await novu.control.sync(bridge.url);
  port = createNovu({ secretKey, apiUrl: novu.url, timeoutMs: 2_000 });
});
test.before.each(() => novu.control.reset());
test.after(async () => {
  await novu.close();
  await bridge.close();
});

let calls = 0;
interface Change extends Partial<Pick<DeliveryEvent, "ordinal" | "workflow" | "transactionId">> {
  readonly recipient?: Recipient;
  readonly payload?: JsonObject;
  readonly overrides?: JsonObject;
}
const event = ({
  recipient = "u1",
  payload = { name: "Ada" },
  overrides = {},
  ...change
}: Change = {}): DeliveryEvent => ({
  notificationId: "1",
  ordinal: 0,
  workflow: "mail-only",
  transactionId: `tx-${calls}-${change.ordinal ?? 0}`,
  ...change,
  recipient: JSON.stringify(recipient),
  payload: JSON.stringify(payload),
  overrides: JSON.stringify(overrides),
});
const callOf = (...events: DeliveryEvent[]): DeliveryCall => ({ idempotencyKey: `key-${++calls}`, events });
const effects = () => novu.control.effects().reduce((sum, { accepted }) => sum + accepted, 0);

/** The reply to one event with an injected fault. */
async function under(
  injected: Parameters<typeof novu.control.addFault>[0],
  call = callOf(event()),
): Promise<CallReply> {
  novu.control.addFault({ match: { path: sending }, ...injected });
  const reply = await port.send(call);
  assert.not.match(JSON.stringify(reply), secretKey);
  return reply;
}

test("every event of a call is accepted, with any form of recipient, under the call's key and its own transaction id", async () => {
  const recipients = [
    "u1",
    { subscriberId: "u2", email: "u2@example.test" },
    { type: "Topic", topicKey: "t" },
  ] as const;
  const call = callOf(
    ...recipients.map((recipient, ordinal) =>
      event({ recipient, ordinal, overrides: { email: { from: "a@b.test" } } }),
    ),
  );
  const reply = await port.send(call);
  assert.equal(reply, { kind: "answered", outcomes: recipients.map(() => ({ kind: "sent" })) });
  const [seen] = novu.control.calls().last.slice(-1);
  assert.is(seen?.headers["idempotency-key"], call.idempotencyKey);
  assert.equal(
    novu.control
      .effects()
      .map(({ transactionId }) => transactionId)
      .sort(),
    call.events.map(({ transactionId }) => transactionId).sort(),
  );
});

test("one refused event among others has its own reason", async () => {
  const reply = await port.send(callOf(event(), event({ workflow: "unknown", ordinal: 1 }), event({ ordinal: 2 })));
  assert.equal(reply, {
    kind: "answered",
    outcomes: [{ kind: "sent" }, { kind: "dead", error: "error: workflow_not_found" }, { kind: "sent" }],
  });
});

test("a status word that the SDK does not know is accepted", async () => {
  const data = [
    { acknowledged: true, status: "processed" },
    { acknowledged: true, status: "brand_new_word", error: ["why"] },
  ];
  const reply = await under({ status: 201, body: { data } }, callOf(event(), event({ ordinal: 1 })));
  assert.equal(reply, {
    kind: "answered",
    outcomes: [{ kind: "sent" }, { kind: "dead", error: "brand_new_word: why" }],
  });
});

test("a success that is not about as many events is no answer", async () => {
  const table: [Record<string, unknown>, CallReply["kind"]][] = [
    [{ data: [{ acknowledged: true, status: "processed" }] }, "unknown"],
    [{ data: [] }, "unknown"],
    [{ data: "yes" }, "paused"],
    [{ ok: true }, "paused"],
  ];
  for (const [body, kind] of table) {
    const reply = await under({ status: 201, body }, callOf(event(), event({ ordinal: 1 })));
    assert.is(reply.kind, kind, JSON.stringify(body));
  }
});

const replies: [number, Record<string, string>, Partial<CallReply>][] = [
  [400, {}, { kind: "invalid" }],
  [413, {}, { kind: "invalid" }],
  [422, {}, { kind: "invalid" }],
  ...[401, 402, 403, 404, 405].map((status): [number, Record<string, string>, Partial<CallReply>] => [
    status,
    {},
    { kind: "paused", needsPerson: true, retryAfterMs: 60_000 },
  ]),
  [429, {}, { kind: "paused", needsPerson: false, retryAfterMs: 1_000 }],
  [429, { "Retry-After": "7" }, { kind: "paused", needsPerson: false, retryAfterMs: 7_000 }],
  [429, { "Retry-After": "99999999" }, { kind: "paused", needsPerson: false, retryAfterMs: 900_000 }],
  [429, { "Retry-After": "soon" }, { kind: "paused", needsPerson: false, retryAfterMs: 1_000 }],
  [408, {}, { kind: "unknown" }],
  [409, { "Retry-After": "1" }, { kind: "unknown", retryAfterMs: 1_000 }],
  [500, {}, { kind: "unknown" }],
  [502, {}, { kind: "unknown" }],
  [503, { "Retry-After": "30" }, { kind: "unknown", retryAfterMs: 30_000 }],
  [504, {}, { kind: "unknown" }],
];
for (const [status, headers, expected] of replies)
  test(`${status} ${JSON.stringify(headers)} is ${expected.kind}`, async () => {
    const reply = await under({ status, headers });
    for (const [name, value] of Object.entries(expected)) assert.equal(Reflect.get(reply, name), value, name);
    assert.match(Reflect.get(reply, "reason"), `Novu answered ${status}: Fault on order`);
    assert.is(effects(), 0);
  });

test("an error whose body is not Novu's is judged by its status", async () => {
  const table = {
    400: "invalid",
    422: "invalid",
    401: "paused",
    409: "unknown",
    429: "paused",
    500: "unknown",
    503: "unknown",
  };
  for (const [status, kind] of Object.entries(table))
    for (const body of [{}, { oops: 1 }, { message: ["one", "two"], statusCode: "x" }])
      assert.is((await under({ status: Number(status), body })).kind, kind, `${status} ${JSON.stringify(body)}`);
});

test("429 with a date waits until then", async () => {
  const reply = await under({ status: 429, headers: { "Retry-After": new Date(Date.now() + 20_000).toUTCString() } });
  assert.ok(
    reply.kind === "paused" && reply.retryAfterMs > 15_000 && reply.retryAfterMs <= 20_000,
    JSON.stringify(reply),
  );
});

test("a wrong key needs a person, and the reason does not show it", async () => {
  const wrong = createNovu({ secretKey: "sk-wrong-one", apiUrl: novu.url, timeoutMs: 2_000 });
  const reply = await wrong.send(callOf(event()));
  assert.ok(reply.kind === "paused" && reply.needsPerson);
  assert.not.match(JSON.stringify(reply), "sk-wrong-one");
});

test("a key that is invalid in a header, or that Novu repeats, is masked", async () => {
  const broken = createNovu({ secretKey: "sk-with\nline", apiUrl: novu.url, timeoutMs: 2_000 });
  assert.not.match(JSON.stringify(await broken.send(callOf(event()))), /sk-with/);
  const reply = await under({ status: 400, body: { statusCode: 400, message: `no such key ${secretKey}` } });
  assert.match(JSON.stringify(reply), /no such key \*{4}/);
});

test("a connection cut before Novu acted: unknown, and the repeated call takes effect once", async () => {
  const call = callOf(event());
  assert.is((await under({ dropBefore: true }, call)).kind, "unknown");
  assert.is(effects(), 0);
  assert.is((await port.send(call)).kind, "answered");
  assert.is(effects(), 1);
});

test("a connection cut after Novu acted: unknown, and the repeated call has no effect", async () => {
  const call = callOf(event());
  assert.is((await under({ dropAfterAccept: true }, call)).kind, "unknown");
  assert.is(effects(), 1);
  assert.equal(await port.send(call), { kind: "answered", outcomes: [{ kind: "sent" }] });
  assert.is(effects(), 1);
});

test("a time-out is unknown within the limit, and so is a repeated call while the first one runs", async () => {
  const hurried = createNovu({ secretKey, apiUrl: novu.url, timeoutMs: 150 });
  const call = callOf(event());
  novu.control.addFault({ match: { path: sending }, delayMs: 700 });
  const started = Date.now();
  assert.is((await hurried.send(call)).kind, "unknown");
  assert.ok(Date.now() - started < 650, `${Date.now() - started} ms`);
  const repeat = await port.send(call);
  assert.ok(repeat.kind === "unknown" && repeat.retryAfterMs === 1_000, JSON.stringify(repeat));
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.is((await port.send(call)).kind, "answered");
  assert.is(effects(), 1);
});

test("an error from Novu's idempotency cache is reported as replayed: only a new key helps", async () => {
  for (const status of [500, 503, 429, 403]) {
    const call = callOf(event());
    await under({ status, cached: true }, call);
    assert.is((await port.send(call)).kind, "replayed", String(status));
    assert.is((await port.send({ ...call, idempotencyKey: `${call.idempotencyKey}-2` })).kind, "answered");
  }
  const refused = callOf(event());
  await under({ status: 422, cached: true, body: { errors: {} } }, refused);
  assert.is((await port.send(refused)).kind, "invalid", "the content stays refused");
});

test("an abort ends the call at once", async () => {
  novu.control.addFault({ match: { path: sending }, delayMs: 1_000 });
  const started = Date.now();
  const reply = await port.send(callOf(event()), AbortSignal.timeout(100));
  assert.is(reply.kind, "unknown");
  assert.ok(Date.now() - started < 900);
});

test("an event that the SDK refuses is invalid; an address without a server is unknown", async () => {
  const odd = { ...event(), recipient: 7 as unknown as string };
  assert.is((await port.send(callOf(odd))).kind, "invalid");
  const nobody = createNovu({ secretKey, apiUrl: "http://127.0.0.1:1", timeoutMs: 2_000 });
  const reply = await nobody.send(callOf(event()));
  assert.is(reply.kind, "unknown");
});

const notNovu: readonly [string, RequestListener][] = [
  ["a page", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hi</h1>")],
  ["a gateway", (_, response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>")],
  // A client that follows it gets the 404 of a GET.
  [
    "a redirect",
    (request, response) =>
      request.method === "POST"
        ? response.writeHead(301, { location: "/elsewhere" }).end()
        : response.writeHead(404).end(),
  ],
];
for (const [name, listener] of notNovu)
  test(`${name} instead of Novu is an unknown outcome`, async () => {
    const server = await fakeServer(listener);
    const reply = await createNovu({ secretKey, apiUrl: server.url, timeoutMs: 2_000 }).send(callOf(event()));
    await server.close();
    assert.is(reply.kind, name === "a gateway" ? "unknown" : "paused");
  });

test("the SDK sends the same bytes for the same events: method, path, key, authorization and body", async () => {
  const seen: {
    method: string | undefined;
    url: string | undefined;
    headers: NodeJS.Dict<string | string[]>;
    body: unknown;
  }[] = [];
  const server = await fakeServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { authorization, "idempotency-key": key, "content-type": type } = request.headers;
      seen.push({
        method: request.method,
        url: request.url,
        headers: { authorization, key, type },
        body: JSON.parse(body),
      });
      response.writeHead(201, { "content-type": "application/json" }).end('{"data":[]}');
    });
  });
  try {
    const options = { secretKey, apiUrl: server.url, timeoutMs: 2_000 };
    const events = [
      event(),
      event({
        ordinal: 1,
        recipient: { subscriberId: "u2", email: "u2@example.test", data: { plan: "pro" } },
        payload: { deep: { list: [1, null, true] } },
      }),
      event({ ordinal: 2, recipient: { type: "Topic", topicKey: "t" }, overrides: { email: { from: "a@b.test" } } }),
    ];
    await createNovu(options).send({ idempotencyKey: "one key", events });
    const sdkEvents = events.map(({ workflow: workflowId, recipient, payload, overrides, transactionId }) => ({
      ...{
        workflowId,
        payload: JSON.parse(payload),
        transactionId,
        to: JSON.parse(recipient) as Parameters<ReturnType<typeof createSdk>["trigger"]>[0]["to"],
      },
      ...(overrides === "{}" ? {} : { overrides: JSON.parse(overrides) }),
    }));
    await createSdk(options)
      .triggerBulk({ events: sdkEvents }, "one key")
      .catch(() => undefined);
    await createNovu(options).send({ idempotencyKey: "another", events: events.slice(0, 1) });
    for (const first of sdkEvents.slice(0, 1))
      await createSdk(options)
        .trigger(first, "another")
        .catch(() => undefined);
    assert.is(seen.length, 4);
    assert.equal(seen[0], seen[1]);
    assert.equal(seen[2], seen[3]);
    assert.equal(
      seen.map(({ url }) => url),
      ["/v1/events/trigger/bulk", "/v1/events/trigger/bulk", "/v1/events/trigger", "/v1/events/trigger"],
    );
  } finally {
    await server.close();
  }
});

test("a traced call carries its traceparent and reports its status; other calls carry none", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const statuses: number[] = [];
  const trace = { traceparent, answered: (status: number) => void statuses.push(status) };
  await port.send(callOf(event()), undefined, trace);
  novu.control.addFault({ match: { path: sending }, status: 503 });
  await port.send(callOf(event({ ordinal: 1 })), undefined, trace);
  await port.send(callOf(event({ ordinal: 2 })));
  assert.equal(statuses, [201, 503]);
  assert.equal(
    novu.control.calls().last.map(({ headers }) => headers.traceparent),
    [traceparent, traceparent, undefined],
  );
});

test.run();
