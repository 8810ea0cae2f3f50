import { test } from "uvu";
import * as assert from "uvu/assert";
import { startBridge, type TestBridge } from "./bridge.fixture.ts";
import { type RunningNovu, startNovu } from "./server.ts";
import { allWorkflows } from "./workflows.fixture.ts";

const secretKey = "test-secret";
let bridge: TestBridge;
let novu: RunningNovu;

test.before(async () => {
  bridge = await startBridge(allWorkflows, secretKey);
  novu = await startNovu({ secretKey, retryDelaysMs: [] });
});
test.after(async () => {
  await novu.close();
  await bridge.close();
});
test.before.each(async () => {
  novu.control.reset("everything");
  await novu.control.sync(bridge.url);
});

const json = { "content-type": "application/json" };
const send = (path: string, method: string, body?: unknown, headers: Record<string, string> = json) =>
  fetch(`${novu.url}${path}`, { method, ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }) });
const control = (path: string, method = "GET", body?: unknown) => send(`/__control${path}`, method, body);
const trigger = (transactionId: string, to = "ada") =>
  send(
    "/v1/events/trigger",
    "POST",
    { name: "mail-only", to: { subscriberId: to, email: "a@x.io" }, payload: { name: "A" }, transactionId },
    { ...json, authorization: `ApiKey ${secretKey}`, "idempotency-key": transactionId },
  );
const cut = (promise: Promise<unknown>) =>
  promise.then(
    () => false,
    () => true,
  );

test("a status on order: as often as ordered, with its headers, and no effect", async () => {
  const order = {
    match: { method: "POST", path: "/v1/events/*" },
    times: 2,
    status: 503,
    headers: { "retry-after": "7" },
  };
  assert.is((await control("/faults", "POST", order)).status, 201);
  const first = await trigger("f1");
  assert.equal([first.status, first.headers.get("retry-after")], [503, "7"]);
  assert.is((await trigger("f1")).status, 503);
  assert.equal(novu.control.effects(), []);
  assert.is((await trigger("f1")).status, 201);
});

test("a cached status replays under the same key", async () => {
  await control("/faults", "POST", { status: 500, cached: true });
  assert.is((await trigger("f2")).headers.get("idempotency-replay"), null);
  const again = await trigger("f2");
  assert.equal([again.status, again.headers.get("idempotency-replay")], [500, "true"]);
});

test("accepted and cut: the effect is there, the reply is not, and the repeat is a replay", async () => {
  await control("/faults", "POST", { match: { path: "/v1/events/trigger" }, dropAfterAccept: true });
  assert.ok(await cut(trigger("f3")));
  assert.is(novu.control.effects({ transactionId: "f3" })[0]?.accepted, 1);
  const again = await trigger("f3");
  assert.equal([again.status, again.headers.get("idempotency-replay")], [201, "true"]);
  assert.is(novu.control.effects({ transactionId: "f3" })[0]?.accepted, 1);
});

test("cut before: nothing happened", async () => {
  await control("/faults", "POST", { dropBefore: true });
  assert.ok(await cut(trigger("f4")));
  assert.equal(novu.control.effects(), []);
  assert.is((await trigger("f4")).status, 201);
});

test("faults by body, after some that pass, with a delay; and taken back", async () => {
  await control("/faults", "POST", { match: { bodyIncludes: "eve" }, skip: 1, status: 502, delayMs: 60 });
  assert.is((await trigger("f5", "ada")).status, 201);
  assert.is((await trigger("f6", "eve")).status, 201);
  const before = Date.now();
  assert.is((await trigger("f7", "eve")).status, 502);
  assert.ok(Date.now() - before >= 55);
  await control("/faults", "POST", { status: 500, times: 9 });
  assert.is((await control("/faults", "DELETE")).status, 204);
  assert.is((await trigger("f8")).status, 201);
  assert.is((await control("/faults", "POST", { statsu: 500 })).status, 400);
});

test("calls, effects, settings, inbox and reset over HTTP", async () => {
  assert.equal(
    (await (await control("/settings", "PATCH", { transactionDedup: false })).json()).transactionDedup,
    false,
  );
  assert.is((await control("/settings", "PATCH", { nope: true })).status, 400);
  await trigger("c1");
  await novu.control.idle();
  const calls = await (await control("/calls")).json();
  assert.equal(calls.counts, { "POST /v1/events/trigger": 1 });
  const [call] = calls.last;
  assert.equal([call.status, call.body.transactionId, call.headers["idempotency-key"]], [201, "c1", "c1"]);
  assert.not.match(JSON.stringify(calls), secretKey);
  const { effects } = await (await control("/effects?transactionId=c1")).json();
  assert.equal([effects.length, effects[0].delivered], [1, 1]);
  const inbox = await (await control("/inbox?subscriberId=ada")).json();
  assert.equal(
    inbox.messages.map((m: { subject: string }) => m.subject),
    ["Hello A"],
  );
  await control("/reset", "POST");
  assert.equal((await (await control("/inbox?subscriberId=ada")).json()).messages, []);
  assert.is(novu.control.settings().transactionDedup, true);
});

test("accept only: counted, deduplicated, not delivered, and quick", async () => {
  novu.control.set({ deliver: false, idempotency: false });
  await trigger("a1");
  await trigger("a1");
  const [effect] = novu.control.effects();
  assert.equal([effect?.accepted, effect?.delivered, effect?.duplicatesDropped], [2, 1, 1]);
  assert.equal(novu.control.notifications(), []);
});

test("the inbox page escapes what it shows, frames emails without rights, and allows no script but its own", async () => {
  const evil = `<img src=x onerror=alert(1)>"'`;
  await send(
    "/v1/events/trigger",
    "POST",
    {
      name: "every-channel",
      to: { subscriberId: evil, email: "e@x.io", phone: evil },
      payload: { name: evil },
      transactionId: evil,
    },
    { ...json, authorization: `ApiKey ${secretKey}` },
  );
  await novu.control.idle();
  for (const path of ["/", `/inbox/${encodeURIComponent(evil)}`, "/inbox/nobody?channel=x"]) {
    const page = await fetch(`${novu.url}${path}`);
    const text = await page.text();
    assert.is(page.status, 200);
    assert.not.match(text, "<img");
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'.*script-src 'nonce-/);
    if (!path.includes("nobody")) assert.match(text, /<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" /);
  }
});

test.run();
