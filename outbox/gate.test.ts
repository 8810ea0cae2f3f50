// The sending gate: one row that every worker's claims look at.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimPort, claimKinds, type GatePort } from "../core/delivery.ts";
import { type TestDatabase, testDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { faultOf, insertRows, poolOf, withClient } from "./database.fixture.ts";
import { createGate } from "./gate.ts";
import { listen } from "./listener.ts";

const test = suite("gate");
const lease = 60_000;
const pause = { baseMs: 10_000, maxMs: 60_000, leastMs: 0 };
let database: TestDatabase;
let pool: pg.Pool;
let gate: GatePort;

test.before(async () => {
  database = await testDatabase();
  pool = poolOf(database.url);
  gate = createGate(pool);
});
test.before.each(async () => {
  await pool.query("DELETE FROM notify.notification");
  await pool.query(
    "UPDATE notify.sending_gate SET closed_until = NULL, reason = NULL, needs_person = false, trips = 0, since = NULL, trial_until = NULL",
  );
});
test.after(async () => {
  await pool.end();
  await database.close();
});

const over = () => pool.query("UPDATE notify.sending_gate SET closed_until = now() - interval '1 second'");
const within = (ms: number, from: number, to: number) => assert.ok(ms >= from && ms <= to, `${ms} ms`);

test("while it is closed no worker claims anything, of any kind; once its time is over all do", async () => {
  const failed = await insertRows(pool, [{}]);
  await createClaims(pool).claim("new", "w", lease, 1);
  await pool.query(
    `UPDATE notify.notification SET status = 'FAILED', error = 'e', next_attempt_at = now(), lease_token = NULL, lease_owner = NULL,
       lease_until = NULL WHERE id = ANY ($1)`,
    [failed],
  );
  await insertRows(pool, [{}, { scheduledInMs: -1_000 }]);
  await gate.close(60_000, "limited", false);
  const workers = [createClaims(pool), createClaims(pool)];
  for (const [i, claims] of workers.entries())
    for (const kind of claimKinds) assert.is((await claims.claim(kind, `w${i}`, lease, 10)).rows.length, 0, kind);
  await over();
  for (const kind of claimKinds)
    assert.is((await (workers[1] ?? createClaims(pool)).claim(kind, "w1", lease, 10)).rows.length, 1, kind);
});

test("while it is closed what silent workers left is not taken over either", async () => {
  const ids = await insertRows(pool, [{}, {}]);
  await createClaims(pool).claim("new", "w", lease, 10);
  const lost = "status = 'PROCESSING', lease_until = now() - interval '1 second'";
  await pool.query(`UPDATE notify.notification SET ${lost}, attempts = CASE WHEN id = $1 THEN 4 ELSE 1 END`, [ids[0]]);
  await gate.close(60_000, "limited", false);
  const claims = createClaims(pool);
  assert.is((await claims.sweep("w", lease, 10)).rows.length, 0, "sweep");
  assert.is((await claims.sweepSuspect("w", lease)).rows.length, 0, "suspect");
  await over();
  assert.is((await claims.sweep("w", lease, 10)).rows.length, 1, "sweep");
  assert.is((await claims.sweepSuspect("w", lease)).rows.length, 1, "suspect");
});

test("close keeps the later end that was told already, and says why it is closed", async () => {
  assert.equal(await gate.read(), { closedMs: 0, reason: null, needsPerson: false, trips: 0, trialMs: 0 });
  within((await gate.close(60_000, "busy\u0000", false)).closedMs, 55_000, 60_000);
  const { closedMs, since, ...rest } = await gate.close(1_000, "limited", false);
  within(Date.now() - Date.parse(since ?? ""), -1_000, 10_000);
  within(closedMs, 55_000, 60_000);
  assert.equal(rest, { reason: "limited", needsPerson: false, trips: 0, trialMs: 0 });
  await over();
  assert.ok((await gate.read()).closedMs <= 0);
});

test("while a person must act a late 429 prolongs the pause and hides nothing; once it is over the next pause says its own reason", async () => {
  await gate.close(10_000, "refused", true);
  const { closedMs, since: _, ...rest } = await gate.close(60_000, "limited", false);
  within(closedMs, 55_000, 60_000);
  assert.equal(rest, { reason: "refused", needsPerson: true, trips: 0, trialMs: 0 });
  await gate.close(1_000, "refused again", true);
  assert.is((await gate.read()).reason, "refused again");
  await over();
  const { reason, needsPerson } = await gate.close(1_000, "limited", false);
  assert.equal([reason, needsPerson], ["limited", false]);
});

test("each trip doubles the pause, up to the longest one; chance takes up to half of it", async () => {
  const ceilings = [10_000, 20_000, 40_000, 60_000, 60_000];
  for (const [i, ceiling] of ceilings.entries()) {
    const { closedMs, trips, reason, needsPerson } = await gate.trip("no answer", pause);
    assert.equal([trips, reason, needsPerson], [i + 1, "no answer", false]);
    within(closedMs, ceiling / 2 - 2_000, ceiling);
    await over();
  }
  await pool.query("UPDATE notify.sending_gate SET trips = 30");
  const { trips, closedMs } = await gate.trip("no answer", pause);
  assert.is(trips, 30, "it does not grow for ever");
  within(closedMs, 28_000, 60_000);
});

test("a trip lasts as long as Novu asks for at the least; asked for more while it is closed it is prolonged, without another trip", async () => {
  await gate.close(1_000, "refused", true);
  const prolonged = await gate.trip("no answer", { ...pause, leastMs: 30_000 });
  within(prolonged.closedMs, 28_000, 30_000);
  assert.equal([prolonged.trips, prolonged.reason, prolonged.needsPerson], [0, "refused", true]);
  await over();
  within((await gate.trip("no answer", { ...pause, leastMs: 300_000 })).closedMs, 298_000, 300_000);
  const { closedMs, trips } = await gate.trip("no answer", { ...pause, leastMs: 20_000 });
  within(closedMs, 290_000, 300_000);
  assert.is(trips, 1);
});

test("workers that fail at the same time count as one trip, also when their statements overlap", async () => {
  const states = await Promise.all(Array.from({ length: 8 }, () => gate.trip("no answer", pause)));
  assert.equal([...new Set(states.map(({ trips }) => trips))], [1]);
  await over();
  await withClient(database.url, async (other) => {
    await other.query("BEGIN");
    await other.query("UPDATE notify.sending_gate SET trips = trips + 1, closed_until = now() + interval '1 minute'");
    const second = gate.trip("no answer", pause);
    await other.query("SELECT pg_sleep(0.1)");
    await other.query("COMMIT");
    assert.is((await second).trips, 2);
  });
});

test("a success starts the breaker over, and leaves a pause that was told meanwhile", async () => {
  await gate.trip("no answer", pause);
  assert.is((await gate.succeeded()).trips, 1, "still closed: a call from before it does not open it");
  await over();
  assert.equal(await gate.succeeded(), { closedMs: 0, reason: null, needsPerson: false, trips: 0, trialMs: 0 });
  within((await gate.trip("again", pause)).closedMs, 3_000, 10_000);
  await over();
  await gate.close(60_000, "limited", false);
  const { closedMs, reason } = await gate.succeeded();
  within(closedMs, 55_000, 60_000);
  assert.is(reason, "limited");
});

test("an answer that is overtaken by a later question's opens nothing that was closed meanwhile", async () => {
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
  const overtaken = createGate(slow);
  const old = overtaken.read();
  within((await overtaken.close(60_000, "limited", false)).closedMs, 55_000, 60_000);
  arrives();
  within((await old).closedMs, 55_000, 60_000);
});

const trial = (kind: Parameters<ClaimPort["claimTrial"]>[0], trialMs = 60_000) =>
  createClaims(pool).claimTrial(kind, "w", lease, trialMs);

test("after a trip no claim finds anything; whoever takes the trial gets one row for it, of any kind, and nobody else does", async () => {
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
  assert.is(await trial("new"), "held", "there is none before a trip");
  await gate.trip("no answer", pause);
  assert.is(await trial("new"), "held", "there is none while the gate is closed");
  await over();
  const claims = createClaims(pool);
  for (const kind of claimKinds) assert.is((await claims.claim(kind, "w", lease, 10)).rows.length, 0, kind);
  assert.is((await claims.sweep("w", lease, 10)).rows.length, 0, "sweep");

  assert.is(await trial("failed"), "nothing due");
  for (const kind of ["new", "scheduled", "sweep"] as const) {
    const taken = await trial(kind);
    if (typeof taken === "string") throw new Error(`${kind}: ${taken}`);
    assert.is(taken.rows.length, 1, kind);
    const { trialMs, closedMs } = await gate.read();
    within(trialMs, 55_000, 60_000);
    assert.ok(closedMs <= 0);
    assert.equal(await Promise.all([trial("new"), trial("sweep")]), ["held", "held"]);
    assert.ok((await gate.endTrial("2000-01-01 00:00:00+00")).trialMs > 0, "ended under another's name");
    assert.is((await gate.endTrial(taken.trial)).trialMs, 0);
  }
});

test("of workers that want the trial at the same time one gets it; it counts as lost when its time is over", async () => {
  await insertRows(pool, [{}, {}, {}, {}, {}, {}]);
  await gate.trip("no answer", pause);
  await over();
  const taken = await Promise.all(Array.from({ length: 5 }, () => trial("new", 400)));
  assert.is(taken.filter((one) => one === "held").length, 4);
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.type(await trial("new"), "object");
  assert.is((await gate.succeeded()).trialMs, 0);
  assert.is((await createClaims(pool).claim("new", "w", lease, 10)).rows.length, 4);
});

test("the trial ends with whatever closes the gate again", async () => {
  for (const close of [() => gate.trip("no answer", pause), () => gate.close(60_000, "limited", false)]) {
    await insertRows(pool, [{}]);
    await gate.trip("no answer", pause);
    await over();
    assert.type(await trial("new"), "object");
    assert.is((await close()).trialMs, 0);
    await over();
  }
});

test("every worker that listens is told of each change, and of none when nothing changed", async () => {
  const stop = new AbortController();
  const told: string[] = [];
  const connection = { url: database.url, statementTimeoutMs: 5_000, name: "gate" };
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = listen(connection, { onWake: (what) => void told.push(what), onListening: resolve, signal: stop.signal });
    ended.catch(reject);
  });
  // The insert comes last, and so its news.
  const news = async (work: () => Promise<unknown>) => {
    told.length = 0;
    await work();
    await insertRows(pool, [{}]);
    for (let i = 0; i < 200 && told.at(-1) !== "new"; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    return [...told];
  };
  assert.equal(await news(() => gate.close(60_000, "limited", false)), ["gate", "new"]);
  assert.equal(await news(() => gate.trip("no answer", pause)), ["new"]);
  assert.equal(await news(() => over().then(() => gate.succeeded())), ["gate", "gate", "new"]);
  stop.abort();
  await ended;
});

test("there is one gate, and a closed one has a reason", async () => {
  const second = await faultOf(pool.query("INSERT INTO notify.sending_gate (id) VALUES (false)"));
  assert.is(second.constraint, "sending_gate_one_row");
  const silent = await faultOf(pool.query("UPDATE notify.sending_gate SET closed_until = now()"));
  assert.is(silent.constraint, "sending_gate_reason_when_closed");
});

test.run();
