import { Novu } from "@novu/api";
import {
  ErrorDto,
  PayloadValidationExceptionDto,
  SubscriberResponseDto,
  ValidationErrorDto,
} from "@novu/api/models/errors/index.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startBridge, type TestBridge } from "./bridge.fixture.ts";
import { type RunningNovu, startNovu } from "./server.ts";
import { allWorkflows, mailOnly } from "./workflows.fixture.ts";

const secretKey = "test-secret";
let bridge: TestBridge;
let novu: RunningNovu;
let sdk: Novu;

test.before(async () => {
  bridge = await startBridge(allWorkflows, secretKey);
  novu = await startNovu({ secretKey, retryDelaysMs: [] });
  sdk = new Novu({ secretKey, serverURL: novu.url, retryConfig: { strategy: "none" } });
});
test.after(async () => {
  await novu.close();
  await bridge.close();
});
test.before.each(async () => {
  novu.control.reset("everything");
  await novu.control.sync(bridge.url);
});

async function rejected(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable("it was accepted"),
    (error: unknown) => error,
  );
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${novu.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `ApiKey ${secretKey}`, ...headers },
    body: JSON.stringify(body),
  });

test("without the key, or with another one: 401 that the SDK parses; health-check needs none", async () => {
  const stranger = new Novu({ secretKey: "wrong", serverURL: novu.url, retryConfig: { strategy: "none" } });
  const error = await rejected(stranger.trigger({ workflowId: "mail-only", to: "a" }));
  assert.instance(error, ErrorDto);
  assert.is((error as ErrorDto).statusCode, 401);
  assert.is((await fetch(`${novu.url}/v1/messages`)).status, 401);
  const health = await fetch(`${novu.url}/v1/health-check`);
  assert.is(health.status, 200);
  assert.is((await health.json()).data.status, "ok");
});

test("sync finds the bridge's workflows, keeps their ids, and deletes what is gone", async () => {
  const list = async () => (await sdk.workflows.list({})).result.workflows;
  const before = await list();
  assert.equal(before.map((w) => w.workflowId).sort(), allWorkflows.map((w) => w.id).sort());
  const smaller = await startBridge([mailOnly], secretKey);
  const answer = await post("/v1/bridge/sync", { bridgeUrl: smaller.url });
  assert.is(answer.status, 201);
  const after = await list();
  assert.equal(
    after.map((w) => w.workflowId),
    ["mail-only"],
  );
  assert.is(after[0]?.id, before.find((w) => w.workflowId === "mail-only")?.id);
  await smaller.close();
  assert.is((await post("/v1/bridge/sync", { bridgeUrl: smaller.url })).status, 400);
});

test("a trigger is checked: workflow, recipients, payload", async () => {
  const unknown = await rejected(sdk.trigger({ workflowId: "nope", to: "a" }));
  assert.instance(unknown, ValidationErrorDto);
  assert.is((unknown as ValidationErrorDto).message, "workflow_not_found");

  const payload = await rejected(sdk.trigger({ workflowId: "mail-only", to: "a", payload: { name: 7 } }));
  assert.instance(payload, PayloadValidationExceptionDto);
  assert.equal(
    (payload as PayloadValidationExceptionDto).errors.map((e) => e.field),
    ["name"],
  );

  const many = Array.from({ length: 101 }, (_, n) => `s${n}`);
  const tooMany = await rejected(sdk.trigger({ workflowId: "mail-only", to: many, payload: { name: "A" } }));
  assert.instance(tooMany, ValidationErrorDto);
  assert.equal(Object.keys((tooMany as ValidationErrorDto).errors), ["to"]);

  for (const to of [undefined, "", 5, [], [{}], { subscriberId: 7 }, { type: "Topic" }])
    assert.is(
      (await post("/v1/events/trigger", { name: "mail-only", to, payload: { name: "A" } })).status,
      422,
      JSON.stringify(to),
    );
  const broken = await fetch(`${novu.url}/v1/events/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `ApiKey ${secretKey}` },
    body: "{",
  });
  assert.is(broken.status, 400);
  assert.equal(novu.control.effects(), []);

  novu.control.set({ validatePayload: false });
  assert.is((await sdk.trigger({ workflowId: "mail-only", to: "a", payload: { name: 7 } })).result.status, "processed");
});

test("bulk takes 1 to 100 events and answers for each", async () => {
  const event = (n: number) => ({
    workflowId: n === 1 ? "nope" : "mail-only",
    to: `s${n}`,
    payload: { name: "A" },
    transactionId: `b${n}`,
  });
  const { result } = await sdk.triggerBulk({ events: [0, 1, 2].map(event) });
  assert.equal(
    result.map((r) => r.status),
    ["processed", "error", "processed"],
  );
  assert.equal(result[1]?.error, ["workflow_not_found"]);
  assert.is(result[2]?.transactionId, "b2");
  const full = await sdk.triggerBulk({ events: Array.from({ length: 100 }, (_, n) => event(n + 10)) });
  assert.is(full.result.length, 100);
  assert.is((await post("/v1/events/trigger/bulk", { events: [] })).status, 422);
  const over = await rejected(sdk.triggerBulk({ events: Array.from({ length: 101 }, (_, n) => event(n + 10)) }));
  assert.instance(over, ValidationErrorDto);
});

test("subscribers: create, read, change, search, page, bulk, delete", async () => {
  const created = await sdk.subscribers.create({ subscriberId: "ada", email: "ada@x.io", data: { plan: "pro" } });
  assert.is(created.result.email, "ada@x.io");
  await sdk.subscribers.patch({ firstName: "Ada" }, "ada");
  const { result } = await sdk.subscribers.retrieve("ada");
  assert.equal([result.firstName, result.email, result.data], ["Ada", "ada@x.io", { plan: "pro" }]);
  const duplicate = await rejected(sdk.subscribers.create({ subscriberId: "ada" }, true));
  assert.instance(duplicate, SubscriberResponseDto);

  const subscribers = Array.from({ length: 500 }, (_, n) => ({
    subscriberId: n === 0 ? "ada" : `bulk${n}`,
    locale: "da",
  }));
  const bulk = await sdk.subscribers.createBulk({ subscribers });
  assert.equal([bulk.result.created.length, bulk.result.updated.length], [499, 1]);
  const over = await post("/v1/subscribers/bulk", { subscribers: [...subscribers, { subscriberId: "one more" }] });
  assert.is(over.status, 422);

  const found = await sdk.subscribers.search({ email: "ada@x.io" });
  assert.equal(
    found.result.data.map((s) => s.subscriberId),
    ["ada"],
  );
  const first = await sdk.subscribers.search({ limit: 100 });
  const second = await sdk.subscribers.search({ limit: 100, after: first.result.next ?? "" });
  assert.is(first.result.totalCount, 500);
  assert.is(new Set([...first.result.data, ...second.result.data].map((s) => s.subscriberId)).size, 200);

  assert.is((await sdk.subscribers.delete("ada")).result.acknowledged, true);
  const gone = await rejected(sdk.subscribers.retrieve("ada"));
  assert.is((gone as ErrorDto).statusCode, 404);
});

test("topics and their subscriptions", async () => {
  await sdk.subscribers.create({ subscriberId: "ada" });
  assert.is((await sdk.topics.create({ key: "team", name: "Team" })).result.name, "Team");
  assert.is((await sdk.topics.create({ key: "team", name: "Crew" })).result.name, "Crew");
  assert.is((await sdk.topics.update({ name: "Gang" }, "team")).result.name, "Gang");
  assert.is((await sdk.topics.get("team")).result.key, "team");
  assert.is((await sdk.topics.list({})).result.totalCount, 1);

  const { result } = await sdk.topics.subscriptions.create({ subscriberIds: ["ada", "ghost"] }, "team");
  assert.equal(result.meta, { totalCount: 2, successful: 1, failed: 1 });
  assert.is(result.errors?.[0]?.subscriberId, "ghost");
  const list = await sdk.topics.subscriptions.list({ topicKey: "team" });
  assert.equal(
    list.result.data.map((s) => s.subscriber.subscriberId),
    ["ada"],
  );
  const removed = await sdk.topics.subscriptions.delete({ subscriberIds: ["ada"] }, "team");
  assert.is(removed.result.meta.successful, 1);
  assert.is((await sdk.topics.delete("team")).result.acknowledged, true);
  assert.is(((await rejected(sdk.topics.get("team"))) as ErrorDto).statusCode, 404);
});

test("messages and the activity feed: filters, pages, one, delete", async () => {
  for (const n of [1, 2, 3])
    await sdk.trigger({
      workflowId: "every-channel",
      to: { subscriberId: `s${n}`, email: `s${n}@x.io`, phone: "1" },
      payload: { name: "A" },
      transactionId: `m${n}`,
    });
  await novu.control.idle();
  const all = await sdk.messages.retrieve({ limit: 10 });
  assert.equal([all.result.totalCount, all.result.data.length, all.result.hasMore], [15, 10, true]);
  const last = await sdk.messages.retrieve({ limit: 10, page: 1 });
  assert.is(last.result.data.length, 5);
  const emails = await sdk.messages.retrieve({ channel: "email", transactionId: ["m1", "m3"] });
  assert.equal(
    emails.result.data.map((m) => m.transactionId),
    ["m3", "m1"],
  );
  assert.is((await sdk.messages.delete(emails.result.data[0]?.id ?? "")).result.status, "deleted");
  assert.is((await sdk.messages.retrieve({ subscriberId: "s3" })).result.totalCount, 4);
  await sdk.messages.deleteByTransactionId("m1");
  assert.is((await sdk.messages.retrieve({ subscriberId: "s1" })).result.totalCount, 0);

  const feed = await sdk.notifications.list({ subscriberIds: ["s2"], channels: ["sms"] });
  const entry = feed.result.data[0];
  assert.equal([feed.result.data.length, entry?.transactionId, entry?.template?.name], [1, "m2", "Every channel"]);
  assert.is((await sdk.notifications.retrieve(entry?.id ?? "")).result.jobs?.length, 5);
  assert.is((await sdk.notifications.list({ limit: 2 })).result.hasMore, true);
});

test("an idempotency key replays the reply, errors too; not on other bodies, not when off", async () => {
  const event = { name: "mail-only", to: "a", payload: { name: "A" }, transactionId: "i1" };
  const send = (body: object, key = "key-1") => post("/v1/events/trigger", body, { "idempotency-key": key });
  const first = await send(event);
  const second = await send(event);
  assert.equal([first.status, first.headers.get("idempotency-replay")], [201, null]);
  assert.equal([second.status, second.headers.get("idempotency-replay")], [201, "true"]);
  assert.equal(await second.json(), await first.json());
  assert.is((await send({ ...event, to: "b" })).status, 422);
  assert.is(novu.control.effects()[0]?.accepted, 1);

  const bad = { ...event, name: "nope" };
  assert.is((await send(bad, "key-2")).headers.get("idempotency-replay"), null);
  const again = await send(bad, "key-2");
  assert.equal([again.status, again.headers.get("idempotency-replay")], [422, "true"]);

  const bySdk = () => sdk.trigger({ workflowId: "mail-only", to: "a", payload: { name: "A" } }, "key-sdk");
  assert.is((await bySdk()).headers["idempotency-replay"], undefined);
  assert.equal((await bySdk()).headers["idempotency-replay"], ["true"]);

  novu.control.set({ idempotency: false });
  assert.is((await send(event)).headers.get("idempotency-replay"), null);
  assert.is(novu.control.effects({ transactionId: "i1" })[0]?.accepted, 2);
});

test("while the first call runs, its repeat gets 409", async () => {
  novu.control.addFault({ match: { path: "/v1/events/trigger" }, delayMs: 150 });
  const event = { name: "mail-only", to: "a", payload: { name: "A" } };
  const slow = post("/v1/events/trigger", event, { "idempotency-key": "key-3" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const repeat = await post("/v1/events/trigger", event, { "idempotency-key": "key-3" });
  assert.equal([repeat.status, repeat.headers.get("retry-after")], [409, "1"]);
  assert.is((await slow).status, 201);
  assert.is(
    (await post("/v1/events/trigger", event, { "idempotency-key": "key-3" })).headers.get("idempotency-replay"),
    "true",
  );
});

test("the rate limit: headers on every reply, 429 with Retry-After, a bulk call costs 100", async () => {
  novu.control.set({ rateLimit: { perSecond: 100, burst: 250 } });
  const event = { name: "mail-only", to: "a", payload: { name: "A" } };
  const first = await post("/v1/events/trigger", event);
  assert.equal([first.status, first.headers.get("ratelimit-remaining")], [201, "249"]);
  for (const _ of [1, 2]) assert.is((await post("/v1/events/trigger/bulk", { events: [event] })).status, 201);
  const over = await post("/v1/events/trigger/bulk", { events: [event] });
  assert.is(over.status, 429);
  assert.is(over.headers.get("retry-after"), "1");
  assert.is(over.headers.get("ratelimit-limit"), "100");
  assert.equal((await over.json()).message, "API rate limit exceeded");
});

test.run();
