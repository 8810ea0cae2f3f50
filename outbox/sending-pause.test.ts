// The sending pause: one row that every claim of every worker reads.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimPort, claimKinds, type SendingPausePort } from "../core/delivery.ts";
import type { TestDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { errorOf, insertRows, openDatabase, withClient } from "./database.fixture.ts";
import { listen } from "./listener.ts";
import { createSendingPause } from "./sending-pause.ts";

const test = suite("sendingPause");
const lease = 60_000;
const pause = { baseMs: 10_000, maxMs: 60_000, leastMs: 0 };
let database: TestDatabase;
let pool: pg.Pool;
let sendingPause: SendingPausePort;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
  sendingPause = createSendingPause(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
  await pool.query(
    "UPDATE notify.sending_pause SET paused_until = NULL, reason = NULL, needs_person = false, breaker_opens = 0, since = NULL, probe_until = NULL",
  );
});

const over = () => pool.query("UPDATE notify.sending_pause SET paused_until = now() - interval '1 second'");
const within = (ms: number, from: number, to: number) => assert.ok(ms >= from && ms <= to, `${ms} ms`);

test("while sending is paused no worker claims anything, of any kind; afterwards all do", async () => {
  const failed = await insertRows(pool, [{}]);
  await createClaims(pool).claim("new", "w", lease, 1);
  await pool.query(
    `UPDATE notify.notification SET status = 'FAILED', error = 'e', next_attempt_at = now(), lease_token = NULL, lease_owner = NULL,
       lease_until = NULL WHERE id = ANY ($1)`,
    [failed],
  );
  await insertRows(pool, [{}, { scheduledInMs: -1_000 }]);
  await sendingPause.pause(60_000, "limited", false);
  const workers = [createClaims(pool), createClaims(pool)];
  for (const [i, claims] of workers.entries())
    for (const kind of claimKinds) assert.is((await claims.claim(kind, `w${i}`, lease, 10)).rows.length, 0, kind);
  await over();
  for (const kind of claimKinds)
    assert.is((await (workers[1] ?? createClaims(pool)).claim(kind, "w1", lease, 10)).rows.length, 1, kind);
});

test("while sending is paused no row is rescued either", async () => {
  const ids = await insertRows(pool, [{}, {}]);
  await createClaims(pool).claim("new", "w", lease, 10);
  const lost = "status = 'PROCESSING', lease_until = now() - interval '1 second'";
  await pool.query(`UPDATE notify.notification SET ${lost}, attempts = CASE WHEN id = $1 THEN 4 ELSE 1 END`, [ids[0]]);
  await sendingPause.pause(60_000, "limited", false);
  const claims = createClaims(pool);
  assert.is((await claims.rescue("w", lease, 10)).rows.length, 0, "rescue");
  assert.is((await claims.rescueIsolated("w", lease)).rows.length, 0, "poisonRow");
  await over();
  assert.is((await claims.rescue("w", lease, 10)).rows.length, 1, "rescue");
  assert.is((await claims.rescueIsolated("w", lease)).rows.length, 1, "poisonRow");
});

test("pause keeps an end that is later already, and stores its reason", async () => {
  assert.equal(await sendingPause.read(), {
    pausedMs: 0,
    reason: null,
    needsPerson: false,
    breakerOpens: 0,
    probeMs: 0,
  });
  within((await sendingPause.pause(60_000, "busy\u0000", false)).pausedMs, 55_000, 60_000);
  const { pausedMs, since, ...rest } = await sendingPause.pause(1_000, "limited", false);
  within(Date.now() - Date.parse(since ?? ""), -1_000, 10_000);
  within(pausedMs, 55_000, 60_000);
  assert.equal(rest, { reason: "limited", needsPerson: false, breakerOpens: 0, probeMs: 0 });
  await over();
  assert.ok((await sendingPause.read()).pausedMs <= 0);
});

test("while a person must act, a late 429 extends the pause and keeps the reason; the next pause has its own reason", async () => {
  await sendingPause.pause(10_000, "refused", true);
  const { pausedMs, since: _, ...rest } = await sendingPause.pause(60_000, "limited", false);
  within(pausedMs, 55_000, 60_000);
  assert.equal(rest, { reason: "refused", needsPerson: true, breakerOpens: 0, probeMs: 0 });
  await sendingPause.pause(1_000, "refused again", true);
  assert.is((await sendingPause.read()).reason, "refused again");
  await over();
  const { reason, needsPerson } = await sendingPause.pause(1_000, "limited", false);
  assert.equal([reason, needsPerson], ["limited", false]);
});

test("each time the breaker opens, the pause doubles up to the longest one; jitter takes up to half of it", async () => {
  const ceilings = [10_000, 20_000, 40_000, 60_000, 60_000];
  for (const [i, ceiling] of ceilings.entries()) {
    const { pausedMs, breakerOpens, reason, needsPerson } = await sendingPause.openBreaker("no answer", pause);
    assert.equal([breakerOpens, reason, needsPerson], [i + 1, "no answer", false]);
    within(pausedMs, ceiling / 2 - 2_000, ceiling);
    await over();
  }
  await pool.query("UPDATE notify.sending_pause SET breaker_opens = 30");
  const { breakerOpens, pausedMs } = await sendingPause.openBreaker("no answer", pause);
  assert.is(breakerOpens, 30, "it does not grow for ever");
  within(pausedMs, 28_000, 60_000);
});

test("the breaker stays open at least as long as Retry-After; a longer one extends the pause without opening the breaker again", async () => {
  await sendingPause.pause(1_000, "refused", true);
  const prolonged = await sendingPause.openBreaker("no answer", { ...pause, leastMs: 30_000 });
  within(prolonged.pausedMs, 28_000, 30_000);
  assert.equal([prolonged.breakerOpens, prolonged.reason, prolonged.needsPerson], [0, "refused", true]);
  await over();
  within((await sendingPause.openBreaker("no answer", { ...pause, leastMs: 300_000 })).pausedMs, 298_000, 300_000);
  const { pausedMs, breakerOpens } = await sendingPause.openBreaker("no answer", { ...pause, leastMs: 20_000 });
  within(pausedMs, 290_000, 300_000);
  assert.is(breakerOpens, 1);
});

test("workers that fail at the same time open the breaker once, even when their statements overlap", async () => {
  const states = await Promise.all(Array.from({ length: 8 }, () => sendingPause.openBreaker("no answer", pause)));
  assert.equal([...new Set(states.map(({ breakerOpens }) => breakerOpens))], [1]);
  await over();
  await withClient(database.url, async (other) => {
    await other.query("BEGIN");
    await other.query(
      "UPDATE notify.sending_pause SET breaker_opens = breaker_opens + 1, paused_until = now() + interval '1 minute'",
    );
    const second = sendingPause.openBreaker("no answer", pause);
    await other.query("SELECT pg_sleep(0.1)");
    await other.query("COMMIT");
    assert.is((await second).breakerOpens, 2);
  });
});

test("a success closes the breaker, and keeps a pause that started meanwhile", async () => {
  await sendingPause.openBreaker("no answer", pause);
  assert.is(
    (await sendingPause.closeBreaker()).breakerOpens,
    1,
    "still closed: a call from before it does not open it",
  );
  await over();
  assert.equal(await sendingPause.closeBreaker(), {
    pausedMs: 0,
    reason: null,
    needsPerson: false,
    breakerOpens: 0,
    probeMs: 0,
  });
  within((await sendingPause.openBreaker("again", pause)).pausedMs, 3_000, 10_000);
  await over();
  await sendingPause.pause(60_000, "limited", false);
  const { pausedMs, reason } = await sendingPause.closeBreaker();
  within(pausedMs, 55_000, 60_000);
  assert.is(reason, "limited");
});

test("a reply that arrives after the reply to a later query changes nothing", async () => {
  let arrives: () => void = () => undefined;
  const held: Promise<void>[] = [new Promise((resolve) => (arrives = resolve))];
  const slow = Object.assign(Object.create(pool), {
    async query(text: string, values?: unknown[]) {
      const wait = held.shift();
      const result = await pool.query(text, values);
      await wait;
      return result;
    },
  });
  const overtaken = createSendingPause(slow);
  const old = overtaken.read();
  within((await overtaken.pause(60_000, "limited", false)).pausedMs, 55_000, 60_000);
  arrives();
  within((await old).pausedMs, 55_000, 60_000);
});

const probe = (kind: Parameters<ClaimPort["claimProbe"]>[0], probeMs = 60_000) =>
  createClaims(pool).claimProbe(kind, "w", lease, probeMs);

test("while the breaker is half-open no claim finds anything; the worker that takes the probe gets one row, of any kind", async () => {
  const { token: lost } = await createClaims(pool)
    .claim("new", "gone", lease, 1)
    .then(async () => {
      const [id = ""] = await insertRows(pool, [{}]);
      const claim = await createClaims(pool).claim("new", "gone", lease, 1);
      await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
      return claim;
    });
  assert.ok(lost);
  await insertRows(pool, [{}, {}, { scheduledInMs: -1_000 }]);
  assert.is(await probe("new"), "held", "there is none before the breaker opened");
  await sendingPause.openBreaker("no answer", pause);
  assert.is(await probe("new"), "held", "there is none while sending is paused");
  await over();
  const claims = createClaims(pool);
  for (const kind of claimKinds) assert.is((await claims.claim(kind, "w", lease, 10)).rows.length, 0, kind);
  assert.is((await claims.rescue("w", lease, 10)).rows.length, 0, "rescue");

  assert.is(await probe("failed"), "nothing due");
  for (const kind of ["new", "scheduled", "rescue"] as const) {
    const taken = await probe(kind);
    if (typeof taken === "string") throw new Error(`${kind}: ${taken}`);
    assert.is(taken.rows.length, 1, kind);
    const { probeMs, pausedMs } = await sendingPause.read();
    within(probeMs, 55_000, 60_000);
    assert.ok(pausedMs <= 0);
    assert.equal(await Promise.all([probe("new"), probe("rescue")]), ["held", "held"]);
    assert.ok((await sendingPause.endProbe("2000-01-01 00:00:00+00")).probeMs > 0, "ended under another's name");
    assert.is((await sendingPause.endProbe(taken.probe)).probeMs, 0);
  }
});

test("of workers that try to take the probe at the same time one gets it; it counts as lost after its time", async () => {
  await insertRows(pool, [{}, {}, {}, {}, {}, {}]);
  await sendingPause.openBreaker("no answer", pause);
  await over();
  const taken = await Promise.all(Array.from({ length: 5 }, () => probe("new", 400)));
  assert.is(taken.filter((one) => one === "held").length, 4);
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.type(await probe("new"), "object");
  assert.is((await sendingPause.closeBreaker()).probeMs, 0);
  assert.is((await createClaims(pool).claim("new", "w", lease, 10)).rows.length, 4);
});

test("the probe ends when sending is paused again", async () => {
  for (const close of [
    () => sendingPause.openBreaker("no answer", pause),
    () => sendingPause.pause(60_000, "limited", false),
  ]) {
    await insertRows(pool, [{}]);
    await sendingPause.openBreaker("no answer", pause);
    await over();
    assert.type(await probe("new"), "object");
    assert.is((await close()).probeMs, 0);
    await over();
  }
});

test("every listening worker is notified of each change, and of nothing when nothing changed", async () => {
  const stop = new AbortController();
  const received: string[] = [];
  const connection = { url: database.url, statementTimeoutMs: 5_000, name: "sendingPause" };
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = listen(connection, {
      onWake: (what) => void received.push(what),
      onListening: resolve,
      signal: stop.signal,
    });
    ended.catch(reject);
  });
  // The insert comes last, and so does its notification.
  const notified = async (work: () => Promise<unknown>) => {
    received.length = 0;
    await work();
    await insertRows(pool, [{}]);
    for (let i = 0; i < 200 && received.at(-1) !== "new"; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    return [...received];
  };
  assert.equal(await notified(() => sendingPause.pause(60_000, "limited", false)), ["sendingPause", "new"]);
  assert.equal(await notified(() => sendingPause.openBreaker("no answer", pause)), ["new"]);
  assert.equal(await notified(() => over().then(() => sendingPause.closeBreaker())), [
    "sendingPause",
    "sendingPause",
    "new",
  ]);
  stop.abort();
  await ended;
});

test("there is one sending pause, and while sending is paused it has a reason", async () => {
  const second = await errorOf(pool.query("INSERT INTO notify.sending_pause (id) VALUES (false)"));
  assert.is(second.constraint, "sending_pause_one_row");
  const silent = await errorOf(pool.query("UPDATE notify.sending_pause SET paused_until = now()"));
  assert.is(silent.constraint, "sending_pause_reason_when_paused");
});

test.run();
