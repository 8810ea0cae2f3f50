import { Novu } from "@novu/api";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startBridge, type TestBridge } from "./bridge.fixture.ts";
import { type RunningNovu, startNovu } from "./server.ts";
import { allWorkflows } from "./workflows.fixture.ts";

const secretKey = "test-secret";
let bridge: TestBridge;
let novu: RunningNovu;
let sdk: Novu;
const ada = { subscriberId: "ada", firstName: "Ada", email: "ada@example.com", phone: "+4512345678" };

test.before(async () => {
  bridge = await startBridge(allWorkflows, secretKey);
  // An hour of the workflows is 360 ms here.
  novu = await startNovu({ secretKey, retryDelaysMs: [5, 10, 20], bridgeTimeoutMs: 800, delayScale: 0.0001 });
  sdk = new Novu({ secretKey, serverURL: novu.url, retryConfig: { strategy: "none" } });
});
test.after(async () => {
  await novu.close();
  await bridge.close();
});
test.before.each(async () => {
  novu.control.reset("everything");
  bridge.calls.length = 0;
  bridge.states.length = 0;
  bridge.fail.length = 0;
  bridge.delayMs = 0;
  await novu.control.sync(bridge.url);
});

const send = (workflowId: string, more: Partial<Parameters<Novu["trigger"]>[0]> = {}) =>
  sdk.trigger({ workflowId, to: ada, payload: { name: "Ada" }, ...more });

async function jobs(transactionId: string) {
  const { result } = await sdk.notifications.list({ transactionId });
  return (result.data[0]?.jobs ?? []).map((job) => ({
    step: job.step.name,
    status: job.status,
    last: job.executionDetails.at(-1)?.detail ?? "",
    details: job.executionDetails.map((detail) => detail.detail).join("\n"),
  }));
}

const until = async (holds: () => boolean) => {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(holds(), `never came to hold: ${holds}`);
};
const received = (subscriberId = "ada") =>
  novu.control.messages(subscriberId).map((m) => `${m.channel}: ${m.subject ?? ""}|${m.content}|${m.status}`);

test("a multi-channel workflow reaches every channel, in order, with what each needs", async () => {
  const { result } = await send("every-channel", { transactionId: "t-all" });
  assert.equal(result, { acknowledged: true, status: "processed", transactionId: "t-all" });
  await novu.control.idle();
  assert.equal(received(), [
    "email: Hello Ada|<p>Welcome</p>|sent",
    "in_app: Hi|In the app|sent",
    "sms: |SMS Ada, read=false|sent",
    "push: Push|Pushed|sent",
    "chat: |Chatted|sent",
  ]);
  assert.equal(
    (await jobs("t-all")).map((job) => `${job.step} ${job.status}`),
    ["mail completed", "bell completed", "text completed", "push completed", "chat completed"],
  );
  assert.equal(bridge.states.at(-1), ["push", "text", "bell", "mail"], "earlier results, newest first");
  const [email] = novu.control.messages("ada");
  assert.is(email?.email, "ada@example.com");
  assert.is(novu.control.messages("ada")[2]?.phone, "+4512345678");
});

test("a subscriber without an address: that channel fails and says so, the others go on", async () => {
  await send("every-channel", { to: { subscriberId: "bob" }, transactionId: "t-bob" });
  await novu.control.idle();
  const list = await jobs("t-bob");
  assert.equal(
    list.map((job) => job.status),
    ["failed", "completed", "failed", "completed", "completed"],
  );
  assert.is(list[0]?.last, "Subscriber does not have an email address");
  assert.is(list[2]?.last, "Subscriber does not have a phone number");
  assert.is(novu.control.inbox("bob").failures.length, 2);
});

test("an email override's address is used instead", async () => {
  await send("mail-only", { to: "carl", overrides: { email: { to: ["else@example.com"] } } });
  await novu.control.idle();
  assert.is(novu.control.messages("carl")[0]?.email, "else@example.com");
});

test("a delay holds the rest back and tells its duration; a cancel ends it", async () => {
  await send("delayed", { transactionId: "t-delay" });
  await until(() => novu.control.notifications("t-delay")[0]?.jobs[0]?.status === "delayed");
  assert.equal(received(), []);
  await until(() => received().length === 1);
  assert.equal(received(), ["sms: |after 3600000|sent"]);

  await send("delayed", { transactionId: "t-cancel" });
  await until(() => novu.control.notifications("t-cancel")[0]?.jobs[0]?.status === "delayed");
  assert.is((await sdk.cancel("t-cancel")).result, true);
  assert.equal(
    (await jobs("t-cancel")).map((job) => job.status),
    ["canceled", "canceled"],
  );
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.is(received().length, 1);
  assert.is((await sdk.cancel("t-cancel")).result, false);
});

test("a digest merges the events of one key and subscriber, and no others", async () => {
  const event = (name: string, post: string, subscriberId = "ada") =>
    send("digested", { to: subscriberId, payload: { name, post }, transactionId: `d-${name}` });
  await event("a", "p1");
  await event("b", "p1");
  await event("c", "p2");
  await event("d", "p1", "bob");
  await until(() => received("ada").length === 2 && received("bob").length === 1);
  assert.equal(received("ada"), ["in_app: |2: a,b|sent", "in_app: |1: c|sent"]);
  assert.equal(received("bob"), ["in_app: |1: d|sent"]);
  assert.equal(
    (await jobs("d-b")).map((job) => job.status),
    ["merged", "merged"],
  );
});

test("a canceled digest leaves no window open", async () => {
  await send("digested", { transactionId: "dc-1" });
  await until(() => novu.control.notifications("dc-1")[0]?.jobs[0]?.status === "delayed");
  assert.is((await sdk.cancel("dc-1")).result, true);
  await send("digested", { transactionId: "dc-2" });
  await until(() => received().length === 1);
  assert.equal(received(), ["in_app: |1: Ada|sent"]);
});

test("a throttle lets the threshold through and ends the rest", async () => {
  for (const n of [1, 2, 3]) await send("throttled", { transactionId: `th-${n}` });
  await novu.control.idle();
  assert.is(received().length, 2);
  assert.equal(
    (await jobs("th-3")).map((job) => job.status),
    ["skipped", "canceled"],
  );
});

test("custom results reach later steps, a skipped step sends nothing, a step that throws fails alone", async () => {
  await send("mixed", { transactionId: "t-mixed" });
  await novu.control.idle();
  const list = await jobs("t-mixed");
  assert.equal(
    list.map((job) => job.status),
    ["completed", "skipped", "failed", "completed"],
  );
  assert.match(list[2]?.last ?? "", /502.*template broke/);
  assert.equal(received(), ["sms: |twice is 42|sent"]);
  // 502 is not retried.
  assert.is(bridge.calls.filter((call) => call === "mixed/throws").length, 1);
});

test("a bridge that answers 503 is tried again; after the last retry the reason is kept", async () => {
  bridge.fail.push(503, 503);
  await send("mail-only", { transactionId: "t-retry" });
  await novu.control.idle();
  assert.is(bridge.calls.length, 3);
  assert.equal(received(), ["email: Hello Ada|Plain text|sent"]);
  assert.match((await jobs("t-retry"))[0]?.details ?? "", /called 3 times/);

  bridge.fail.push(503, 503, 503, 503);
  await send("mail-only", { transactionId: "t-down" });
  await novu.control.idle();
  assert.is(bridge.calls.length, 7);
  assert.match((await jobs("t-down"))[0]?.last ?? "", /Bridge answered 503/);
});

test("a bridge that is too slow, or away, is named", async () => {
  bridge.delayMs = 900;
  await send("mail-only", { transactionId: "t-slow" });
  await novu.control.idle();
  assert.match((await jobs("t-slow"))[0]?.last ?? "", /did not answer within 800 ms/);
});

test("a bridge with another signing key: the sync is refused, and a delivery after it says 401 and why", async () => {
  const url = new URL(bridge.url);
  const stranger = await startBridge(allWorkflows, "another-secret");
  await assertRejects(novu.control.sync(stranger.url), /401.*signature/);
  const forward = await startRedirect(() => (switched ? stranger.url : bridge.url));
  let switched = false;
  await novu.control.sync(`${forward.url}${url.pathname}`);
  switched = true;
  await send("mail-only", { transactionId: "t-401" });
  await novu.control.idle();
  const [job] = await jobs("t-401");
  assert.is(job?.status, "failed");
  assert.match(job?.last ?? "", /401.*signature/);
  assert.is(stranger.calls.length, 1);
  await forward.close();
  await stranger.close();
});

async function startRedirect(target: () => string) {
  const { createServer } = await import("node:http");
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const query = (request.url ?? "").split("?")[1] ?? "";
    const headers = {
      "content-type": "application/json",
      "novu-signature": String(request.headers["novu-signature"]),
    };
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks).toString() } : {};
    const answer = await fetch(`${target()}?${query}`, { method: request.method ?? "GET", headers, ...body });
    response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

async function assertRejects(promise: Promise<unknown>, pattern: RegExp) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, Error);
  assert.match(String(error), pattern);
}

test("in-app read state is what later steps see", async () => {
  await send("every-channel", { transactionId: "t-read" });
  await novu.control.idle();
  const bell = novu.control.messages("ada").find((m) => m.channel === "in_app");
  assert.ok(novu.control.markRead(bell?.id ?? ""));
  const { result } = await sdk.messages.retrieve({ channel: "in_app", subscriberId: "ada" });
  assert.is(result.data[0]?.read, true);
});

test("a used transaction id is dropped at delivery, and the oracle counts it", async () => {
  await send("mail-only", { transactionId: "t-twice" });
  await send("mail-only", { transactionId: "t-twice" });
  await novu.control.idle();
  assert.is(received().length, 1);
  assert.equal(novu.control.effects({ transactionId: "t-twice" }), [
    {
      transactionId: "t-twice",
      subscriberId: "ada",
      workflowId: "mail-only",
      accepted: 2,
      delivered: 1,
      duplicatesDropped: 1,
    },
  ]);
  novu.control.set({ transactionDedup: false });
  await send("mail-only", { transactionId: "t-twice" });
  await novu.control.idle();
  assert.is(received().length, 2);
});

test("a topic reaches its subscribers once each, without the excluded and the actor; a broadcast reaches all", async () => {
  for (const subscriberId of ["ada", "bob", "eve", "dan"])
    await sdk.subscribers.create({ subscriberId, email: `${subscriberId}@example.com` });
  await sdk.topics.create({ key: "team", name: "Team" });
  await sdk.topics.subscriptions.create({ subscriberIds: ["ada", "bob", "eve", "dan"] }, "team");
  await send("mail-only", {
    to: [{ type: "Topic", topicKey: "team", exclude: ["eve"] }, "ada"],
    actor: "dan",
    transactionId: "t-topic",
  });
  await novu.control.idle();
  assert.equal(
    novu.control
      .messages()
      .map((m) => m.subscriberId)
      .sort(),
    ["ada", "bob"],
  );
  await sdk.triggerBroadcast({ name: "mail-only", payload: { name: "All" }, transactionId: "t-cast" });
  await novu.control.idle();
  assert.is(novu.control.messages().filter((m) => m.transactionId === "t-cast").length, 4);
});

test.run();
