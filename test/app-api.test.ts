// time limit: 540 s
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import type pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { examplesFor } from "../app/lib/examples.ts";
import { createKey, revokeKey } from "../outbox/api-keys.ts";
import { type Api, apiClient } from "./support/api.ts";
import { placeApp, type RunningApp, startApp } from "./support/app.ts";
import { type TestDatabase, testDatabase, testPool } from "./support/database.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type TestTemporal, testTemporal } from "./support/temporal.ts";
import { novuKey, root, until, type WorkerRig, workerRig } from "./support/worker.ts";

// The producers' API of the built app: what it stores, what it returns, and to whom.
const folder = temporaryFolder("xnovu-app-api-");
const path = "/api/notifications";
let database: TestDatabase;
let temporal: TestTemporal;
let db: pg.Pool;
let rig: WorkerRig;
let app: RunningApp;
let acme: Api;
let other: Api;
let keys: Record<"acme" | "other", string>;

/** Closes what was started, the last first. */
const closing: (() => Promise<unknown>)[] = [];

test.before(async () => {
  [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  closing.push(
    () => temporal.close(),
    () => database.close(),
  );
  db = testPool(database.url, 2);
  closing.push(() => db.end());
  rig = await workerRig(database.url, temporal.address);
  closing.push(() => rig.close());
  app = await startApp(await placeApp(folder.path), {
    DATABASE_URL: database.url,
    NOVU_SECRET_KEY: novuKey,
    NOVU_API_URL: rig.novu.url,
  });
  closing.push(() => app.child.stop());
  keys = {
    acme: (await createKey(db, "acme", "shop")).key,
    other: (await createKey(db, "other", "shop")).key,
  };
  acme = apiClient(app.url, keys.acme);
  other = apiClient(app.url, keys.other);
});

test.after(async () => {
  for (const close of closing.reverse()) await close();
  folder.remove();
});

const sms = { workflow: "sms", recipients: "ada", payload: { body: "Hi" } };
const post = (api: Api, body: unknown, headers: Record<string, string> = {}) =>
  api(path, { method: "POST", body, headers });
const count = async () =>
  (await db.query<{ n: number }>("SELECT count(*)::int AS n FROM notify.notification")).rows[0]?.n;
const act = (api: Api, id: string, what: "retract" | "retry") => api(`${path}/${id}/${what}`, { method: "POST" });
const stored = async (id: unknown) => (await db.query("SELECT * FROM notify.notification WHERE id = $1", [id])).rows[0];
const sent = async (body: unknown) => String((await post(acme, body)).body.id);

test("one notification: 202, its id and location, and the row as requested, with the key's tenant", async () => {
  const given = {
    workflow: "email",
    recipients: [
      { subscriberId: "ada", email: "ada@example.com" },
      { type: "Topic", topicKey: "news" },
    ],
    payload: { subject: "Hello", body: "Grüße 👋", orderId: 7 },
    overrides: { email: { from: "shop@example.com" } },
    channels: ["email"],
    category: "orders",
    tags: ["a"],
    priority: 90,
    scheduledFor: "2030-12-24T18:00:00+01:00",
    transactionId: "order-1",
  };
  const { status, body, headers } = await post(acme, given);
  assert.is(status, 202);
  assert.is(headers.get("location"), `${path}/${body.id}`);
  const row = await stored(body.id);
  assert.equal(
    [row.enterprise_id, row.status, row.workflow, row.recipients, row.payload, row.overrides],
    ["acme", "PENDING", "email", given.recipients, given.payload, given.overrides],
  );
  assert.equal(
    [row.channels, row.category, row.tags, row.priority, row.scheduled_for.toISOString(), row.transaction_id],
    [["email"], "orders", ["a"], 90, "2030-12-24T17:00:00.000Z", "order-1"],
  );
});

test("the caller's trace is stored with the notification; an invalid traceparent is ignored", async () => {
  const traceparent = `00-${"a1".repeat(16)}-${"b2".repeat(8)}-01`;
  for (const [header, kept] of [
    [traceparent, traceparent],
    ["00-not-a-trace-01", null],
  ] as const) {
    const { status, body } = await post(acme, sms, { traceparent: header });
    assert.is(status, 202);
    assert.is((await stored(body.id)).traceparent, kept);
  }
});

test("a list of 1 to 100, bare or named: ids in its order", async () => {
  const list = Array.from({ length: 100 }, (_, n) => ({ ...sms, payload: { body: `n ${n}` } }));
  for (const body of [list, { notifications: list }]) {
    const response = await post(acme, body);
    assert.is(response.status, 202);
    const ids = (response.body.notifications ?? []).map(({ id }) => id);
    const query =
      "SELECT payload ->> 'body' AS body FROM notify.notification WHERE id = ANY ($1::bigint[]) ORDER BY id";
    assert.equal(
      (await db.query(query, [ids])).rows.map((row) => row.body),
      list.map((one) => one.payload.body),
    );
    assert.equal(
      ids,
      [...ids].sort((a, b) => Number(a) - Number(b)),
    );
  }
  const before = await count();
  const tooMany = await post(acme, [...list, sms]);
  assert.equal([tooMany.status, tooMany.body.pointer], [422, ""]);
  assert.equal([(await post(acme, { notifications: [...list, sms] })).body.pointer], ["/notifications"]);
  assert.is((await post(acme, [])).status, 422);
  assert.is(await count(), before);
});

test("one bad notification of a list: none is stored, and the response points at it", async () => {
  const before = await count();
  await post(acme, { ...sms, transactionId: "batch-taken" });
  const bad: [unknown, number, string][] = [
    [{ ...sms, payload: {} }, 422, "/2/payload/body"],
    [{ ...sms, transactionId: "batch-taken", payload: { body: "other" } }, 409, "/2/transactionId"],
    [{ ...sms, payload: { body: "x", more: "x".repeat(1_048_577) } }, 413, "/2/payload"],
  ];
  for (const [one, status, pointer] of bad) {
    const response = await post(acme, [sms, { ...sms, transactionId: "batch-new" }, one]);
    assert.equal([response.status, response.body.pointer], [status, pointer]);
    assert.match(response.body.detail ?? "", "None of the list was accepted.");
  }
  assert.is(await count(), (before ?? 0) + 1);
  assert.is((await post(acme, { notifications: [sms, 7] })).body.pointer, "/notifications/1");
});

test("401 for a missing, unknown, malformed or revoked key: the same response, and the body is not read", async () => {
  const missing = await post(apiClient(app.url), "not json at all");
  assert.is(missing.status, 401);
  assert.is(missing.headers.get("www-authenticate"), 'Bearer realm="xnovu"');
  const gone = await createKey(db, "acme", "gone");
  assert.is((await post(apiClient(app.url, gone.key), sms)).status, 202);
  await revokeKey(db, gone.id);
  const bodies = [];
  for (const key of [gone.key, `xnk_${"a".repeat(32)}`, "x", keys.acme.toLowerCase(), "a b"]) {
    const response = await post(apiClient(app.url, key), sms);
    assert.is(response.status, 401, key);
    if (key !== "a b") bodies.push(response.body);
  }
  for (const body of bodies) assert.equal(body, bodies[0]);
  for (const one of [`${path}/1`, `${path}/nonsense`]) assert.is((await apiClient(app.url)(one)).status, 401);
  assert.is((await act(apiClient(app.url), "1", "retract")).status, 401);
  assert.is((await act(apiClient(app.url), "1", "retry")).status, 401);
});

test("another tenant's notification gets the same response as one that does not exist", async () => {
  const id = await sent(sms);
  assert.is((await acme(`${path}/${id}`)).status, 200);
  const absent = await acme(`${path}/999999999`);
  for (const response of [
    await other(`${path}/${id}`),
    await act(other, id, "retract"),
    await act(other, id, "retry"),
    await acme(`${path}/9999999999999999999`),
    await acme(`${path}/1x`),
    await acme(`${path}/%00`),
    await acme(`${path}/0`),
  ])
    assert.equal([response.status, response.body], [404, absent.body]);
  assert.is((await stored(id)).status, "PENDING");
  const inBody = await post(acme, { ...sms, enterpriseId: "other" });
  assert.equal([inBody.status, inBody.body.pointer], [422, "/enterpriseId"]);
  const first = await post(acme, { ...sms, transactionId: "per-tenant" });
  assert.is.not((await post(other, { ...sms, transactionId: "per-tenant" })).body.id, first.body.id);
});

test("422, 400 and 415 say what is wrong and where", async () => {
  const before = await count();
  const table: [unknown, number, string | undefined, RegExp][] = [
    [{ ...sms, workflow: "fax" }, 422, "/workflow", /email, sms, push, in-app, chat, multi-channel/],
    [{ ...sms, recipients: ["ada", 7] }, 422, "/recipients/1", /subscriber id/],
    [{ ...sms, recipients: ["a", { subscriberId: "a" }] }, 422, "/recipients/1", /twice/],
    [{ ...sms, recipients: [] }, 422, "/recipients", /1 to 10,000/],
    [{ ...sms, payload: { body: "a\u0000b" } }, 422, "/payload/body", /u0000/],
    ['{"workflow":"sms","recipients":"a","payload":{"body":"x","n":1e999}}', 422, "/payload/n", /too large/],
    [
      `{"workflow":"sms","recipients":"a","payload":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`,
      422,
      undefined,
      /deeper/,
    ],
    [{ ...sms, scheduledFor: "tomorrow" }, 422, "/scheduledFor", /offset/],
    [{ ...sms, priority: 101 }, 422, "/priority", /100/],
    [{ ...sms, transaction_id: "x" }, 422, "/transaction_id", /transactionId/],
    [null, 422, "", /notification/],
    ["{", 400, undefined, /not JSON/],
    ["", 400, undefined, /not JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), 400, undefined, /UTF-8/],
  ];
  for (const [body, status, pointer, detail] of table) {
    const response = await post(acme, body);
    const about = `${JSON.stringify(body).slice(0, 80)}: ${JSON.stringify(response.body)}`;
    assert.is(response.status, status, about);
    if (pointer !== undefined || status === 400) assert.is(response.body.pointer, pointer, about);
    assert.match(response.body.detail ?? "", detail);
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"])
    assert.is((await post(acme, "{}", { "content-type": type })).status, 415, type);
  assert.is((await post(acme, "{}", { "content-encoding": "gzip" })).status, 415);
  assert.is((await post(acme, sms, { "idempotency-key": "a b" })).status, 400);
  assert.is((await post(acme, [sms], { "idempotency-key": "a" })).status, 400);
  assert.is(await count(), before);
});

test("an unsupported method is 405, and Allow names the supported ones", async () => {
  const table: [string, string, readonly string[]][] = [
    [path, "POST", ["GET", "PUT", "PATCH", "DELETE"]],
    [`${path}/1`, "GET, HEAD", ["POST", "PUT", "PATCH", "DELETE"]],
    [`${path}/1/retract`, "POST", ["GET", "PUT", "DELETE"]],
    [`${path}/1/retry`, "POST", ["GET", "PUT", "DELETE"]],
    ["/api/openapi.json", "GET, HEAD", ["POST"]],
  ];
  for (const [at, allow, methods] of table)
    for (const method of methods) {
      const response = await acme(at, { method });
      assert.equal([response.status, response.headers.get("allow")], [405, allow], `${method} ${at}`);
    }
});

test("through a worker to SENT: status, outcomes and timeline, without contents and addresses", async () => {
  await rig.novu.control.sync(`${app.url}/api/novu`);
  const worker = await rig.start();
  await worker.ready();
  const id = await sent({
    ...sms,
    recipients: [{ subscriberId: "ada", phone: "+4912345678" }, "bob"],
    transactionId: "way",
  });
  const response = await until(async () => {
    const now = await acme(`${path}/${id}`);
    return now.body.status === "SENT" ? now : undefined;
  });
  assert.equal(
    response.body.recipients?.map(({ subscriberId, outcome, error }) => [subscriberId, outcome, error]),
    [
      ["ada", "SENT", null],
      ["bob", "SENT", null],
    ],
  );
  assert.equal(
    response.body.timeline?.map(({ to }) => to),
    ["PENDING", "PROCESSING", "SENT"],
  );
  assert.not.match(JSON.stringify(response.body), "+4912345678");
  const late = await act(acme, id, "retract");
  assert.is(late.status, 409);
  assert.match(late.body.detail ?? "", "is SENT");
  await worker.end();
});

test("retract and retry change only what the status allows", async () => {
  const id = await sent({ ...sms, scheduledFor: "2030-01-01T00:00:00Z" });
  const early = await act(acme, id, "retry");
  assert.is(early.status, 409);
  assert.match(early.body.detail ?? "", "is PENDING");
  await db.query("UPDATE notify.notification SET status = 'DEAD', error = 'by the test' WHERE id = $1", [id]);
  assert.is((await acme(`${path}/${id}`)).body.error, "by the test");
  const again = await act(acme, id, "retry");
  assert.equal([again.status, again.body.status], [200, "PENDING"]);
  for (let time = 0; time < 2; time++) {
    const back = await act(acme, id, "retract");
    assert.equal([back.status, back.body.status], [200, "RETRACTED"]);
  }
  assert.is((await act(acme, id, "retry")).status, 409);
});

test("the HTTP example of the landing page works unchanged", async () => {
  const code = examplesFor(Number(new URL(app.url).port)).find(({ title }) => title === "Over HTTP")?.code ?? "";
  if (spawnSync("curl", ["--version"]).error !== undefined) return console.error("SKIPPED: this machine has no curl");
  // pnpm is a function here that runs the same command line.
  const script = `pnpm() { node scripts/xnovu.mjs "\${@:2}"; }\n${code} --silent --show-error`;
  const env = { ...process.env, DATABASE_URL: database.url };
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script], { cwd: root, env });
  const row = await stored(JSON.parse(stdout).id);
  assert.equal([row.enterprise_id, row.workflow, row.payload.subject], ["acme", "email", "Hello"]);
  assert.not.match(stderr, "xnk_");
});

test("the log names a key by its id and name, and holds no key", async () => {
  const log = app.child.tail();
  assert.match(log, '"key":"shop"');
  for (const key of Object.values(keys)) assert.not.match(log, key);
  assert.not.match(log, "xnk_");
});

test.run();
