// time limit: 540 s
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createKey } from "../outbox/api-keys.ts";
import { migrateUp } from "../outbox/migrate.ts";
import { type Api, apiClient } from "./support/api.ts";
import { placeApp, type RunningApp, startApp } from "./support/app.ts";
import { testPool } from "./support/database.ts";
import { faultTest } from "./support/fault-notes.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type PrivatePostgres, privatePostgres } from "./support/servers.ts";
import { type TcpProxy, tcpProxy } from "./support/tcp-proxy.ts";

// The producers' API with injected faults: of its callers and of its database.
const folder = temporaryFolder("xnovu-app-api-faults-");
const path = "/api/notifications";
let postgres: PrivatePostgres;
let proxy: TcpProxy;
let db: pg.Pool;
let serverPath: string;
let app: RunningApp;
let api: Api;
let key: string;
const closing: (() => Promise<unknown>)[] = [];

const settings = (url: string) => ({
  DATABASE_URL: url,
  NOVU_SECRET_KEY: "k",
  XNOVU_STATEMENT_TIMEOUT_MS: "1000",
});

test.before(async () => {
  postgres = await privatePostgres();
  closing.push(() => postgres.close());
  await migrateUp(postgres.url);
  db = testPool(postgres.url);
  closing.push(() => db.end());
  proxy = await tcpProxy(new URL(postgres.url).host);
  closing.push(() => proxy.close());
  serverPath = await placeApp(folder.path);
  app = await startApp(serverPath, settings(proxy.through(postgres.url)));
  closing.push(() => app.child.stop());
  key = (await createKey(db, "acme", "shop")).key;
  api = apiClient(app.url, key);
});

test.after(async () => {
  for (const close of closing.reverse()) await close();
  folder.remove();
});

const sms = { workflow: "sms", recipients: "ada", payload: { body: "Hi" } };
const post = (body: unknown, headers: Record<string, string> = {}, by = api) =>
  by(path, { method: "POST", body, headers });
const count = async () =>
  (await db.query<{ n: number }>("SELECT count(*)::int AS n FROM notify.notification")).rows[0]?.n ?? 0;

faultTest(26, "the API refuses a payload of 20 MiB with 413, announced or not, and stays well", async () => {
  const before = await count();
  const large = JSON.stringify({ ...sms, payload: { body: "x", blob: "x".repeat(20 * 1024 * 1024) } });
  const announced = await post(large);
  assert.is(announced.status, 413);
  assert.match(announced.body.detail ?? "", "8388608 bytes");
  const chunked = await fetch(app.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: new Blob([large]).stream(),
    duplex: "half",
  } as RequestInit & { duplex: "half" });
  assert.is(chunked.status, 413);
  const over = await post({ ...sms, overrides: { blob: "x".repeat(1_048_577) } });
  assert.equal([over.status, over.body.pointer], [413, "/overrides"]);
  assert.is(await count(), before);
  assert.is((await post({ ...sms, payload: { body: "x", blob: "x".repeat(1_048_000) } })).status, 202);
});

faultTest(
  28,
  "the API gives the first one's id for the same transaction id and content, and 409 for other content",
  async () => {
    const first = await post({ ...sms, transactionId: "order-77" });
    assert.equal([first.status, first.body.duplicate], [202, false]);
    const before = await count();
    for (const again of [
      await post({ ...sms, transactionId: "order-77" }),
      await post({ ...sms, recipients: ["ada"], transactionId: "order-77" }),
      await post(sms, { "idempotency-key": "order-77" }),
      await post(sms, { "idempotency-key": '"order-77"' }),
    ]) {
      assert.is(again.status, 202);
      assert.equal(again.body, { id: first.body.id, duplicate: true });
      assert.is(again.headers.get("idempotent-replayed"), "true");
    }
    const other = await post({ ...sms, payload: { body: "Other" }, transactionId: "order-77" });
    assert.equal([other.status, other.body.pointer], [409, "/transactionId"]);
    assert.is((await post({ ...sms, payload: { body: "Other" } }, { "idempotency-key": "order-77" })).status, 409);
    assert.is((await post({ ...sms, transactionId: "order-77" }, { "idempotency-key": "order-78" })).status, 400);
    assert.is(await count(), before);
    const list = await post([sms, { ...sms, transactionId: "order-77" }]);
    assert.equal(
      list.body.notifications?.map(({ duplicate }) => duplicate),
      [false, true],
    );
  },
);

faultTest(28, "twenty at once with one transaction id are one notification", async () => {
  const responses = await Promise.all(Array.from({ length: 20 }, () => post({ ...sms, transactionId: "at-once" })));
  assert.equal([...new Set(responses.map(({ status }) => status))], [202]);
  assert.is(new Set(responses.map(({ body }) => body.id)).size, 1);
  assert.is(responses.filter(({ body }) => !body.duplicate).length, 1);
});

test("an unavailable database: 503 with Retry-After and nothing stored, and recovery without a restart", async () => {
  const before = await count();
  await db.end();
  await postgres.server.stop();
  for (const response of [
    await post({ ...sms, transactionId: "away" }),
    await api(`${path}/1`),
    await api(`${path}/1/retract`, { method: "POST" }),
    await api(`${path}/1/retry`, { method: "POST" }),
  ]) {
    assert.is(response.status, 503);
    assert.is(response.headers.get("retry-after"), "5");
    assert.not.match(response.body.detail ?? "", /127\.0\.0\.1|ECONN|postgres/);
  }
  await postgres.restart();
  db = testPool(postgres.url);
  assert.is(await count(), before);
  assert.is((await post({ ...sms, transactionId: "away" })).status, 202);
  assert.is(app.child.exit(), undefined);
});

test("a half-open network gives 503 within the statement's time limit, a cut one at once", async () => {
  const before = await count();
  proxy.hold();
  const begin = Date.now();
  assert.is((await post(sms)).status, 503);
  assert.ok(Date.now() - begin < 9_000, `took ${Date.now() - begin} ms`);
  proxy.down();
  assert.is((await post([sms, { ...sms, transactionId: "cut" }])).status, 503);
  proxy.pass();
  assert.is(await count(), before);
  assert.is((await post(sms)).status, 202);
});

test("a list whose connection is cut stores nothing", async () => {
  // The second row waits for another transaction, so the first is written when the connection is lost.
  const holder = await db.connect();
  await holder.query("BEGIN");
  await holder.query(`SELECT notify.enqueue('acme', 'sms', '["ada"]', '{"body":"Hi"}', 'held')`);
  const list = post([
    { ...sms, transactionId: "before-held" },
    { ...sms, transactionId: "held" },
  ]);
  await sleep(300);
  proxy.cut();
  assert.is((await list).status, 503);
  await holder.query("ROLLBACK");
  holder.release();
  await sleep(200);
  assert.is((await db.query("SELECT FROM notify.notification WHERE transaction_id = 'before-held'")).rowCount, 0);
});

test("the rate limit of a key: 429 with Retry-After, a list counts by its notifications, another key is not affected", async () => {
  const tight = await startApp(serverPath, { ...settings(postgres.url), XNOVU_API_RATE_PER_MINUTE: "100" });
  closing.push(() => tight.child.stop());
  const one = apiClient(tight.url, (await createKey(db, "acme", "one")).key);
  const two = apiClient(tight.url, (await createKey(db, "acme", "two")).key);
  assert.is(
    (
      await post(
        Array.from({ length: 99 }, () => sms),
        {},
        one,
      )
    ).status,
    202,
  );
  const before = await count();
  assert.is((await post([sms, sms], {}, one)).status, 429);
  const refused = await post(sms, {}, one);
  assert.is(refused.status, 429);
  const seconds = Number(refused.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
  for (const response of [
    await one(`${path}/1`),
    await one(`${path}/1/retract`, { method: "POST" }),
    await one(`${path}/1/retry`, { method: "POST" }),
  ])
    assert.is(response.status, 429);
  assert.is(await count(), before);
  assert.is((await post(sms, {}, two)).status, 202);
});

test("missing tables and bad settings are 503 to the caller, and only the log names them", async () => {
  await db.query("CREATE DATABASE empty");
  const url = new URL(postgres.url);
  url.pathname = "/empty";
  const table: [Record<string, string>, string][] = [
    [settings(url.href), "notify.api_key"],
    [{ NOVU_SECRET_KEY: "k" }, "DATABASE_URL is missing"],
  ];
  for (const [env, logged] of table) {
    const broken = await startApp(serverPath, env);
    const response = await post(sms, {}, apiClient(broken.url, key));
    const log = broken.child.tail();
    await broken.child.stop();
    assert.is(response.status, 503);
    assert.not.match(response.body.detail ?? "", logged);
    assert.match(log, logged);
  }
});

test.run();
