// time limit: 500 s
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { deadIds, retryNotifications } from "../../outbox/operator.ts";
import { show } from "../../outbox/reader.ts";
import { testDatabase } from "../support/database.ts";
import { isSending, labOfFile, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { randomFrom, shuffled } from "../support/random.ts";
import { testTemporal } from "../support/temporal.ts";
import { type RunningWorker, until } from "../support/worker.ts";

// Everything that Novu may answer, and not answer.
const lab = labOfFile(testDatabase, testTemporal);
const match = { path: sendingPaths };
const fault = (order: Parameters<ReturnType<typeof lab>["novu"]["control"]["addFault"]>[0]) =>
  lab().novu.control.addFault({ match, ...order });

const pausedOf = async (worker: RunningWorker) => {
  const paused: unknown = (await worker.get("/status"))?.body.processing?.paused;
  return paused ? (paused as { until: string; reason: string }) : undefined;
};
const bothPaused = (workers: readonly RunningWorker[]) =>
  until(
    async () => (await Promise.all(workers.map(pausedOf))).every((paused) => paused !== undefined),
    3_000,
    () => "the pause is not shared: one of two workers goes on",
  );
const callTimes = () =>
  lab()
    .novu.control.calls()
    .last.filter(({ path }) => isSending(path))
    .map(({ at }) => Date.parse(at));
const opensOf = async () =>
  (await lab().db.query<{ breaker_opens: number }>("SELECT breaker_opens FROM notify.sending_pause")).rows[0]
    ?.breaker_opens;
const probeOf = async () =>
  (await lab().db.query<{ probe: Date | null }>("SELECT probe_until AS probe FROM notify.sending_pause")).rows[0]
    ?.probe;
const mostAttempts = async () =>
  (await lab().db.query<{ most: number }>("SELECT max(attempts)::int AS most FROM audit.change")).rows[0]?.most;

for (const [name, retryAfter] of [
  ["seconds", () => "4"],
  // A date has no fractions: four to five seconds from now.
  ["date", () => new Date(Date.now() + 5_000).toUTCString()],
] as const)
  faultTest(20, `429 with Retry-After in ${name}: honoured by both workers, and no attempt is spent`, async () => {
    const workers = await Promise.all([lab().readyWorker(), lab().readyWorker()]);
    const header = retryAfter();
    const begin = Date.now();
    const end = name === "date" ? Date.parse(header) : begin + 4_000;
    fault({ status: 429, headers: { "retry-after": header } });
    await lab().insert(1);
    await until(() => lab().calls() === 1);
    await bothPaused(workers);
    const shared = Date.now();
    await lab().insert(50, { recipients: '["later"]' });
    await lab().held();
    const during = callTimes().filter((at) => at > shared && at < end - 100);
    assert.is(during.length, 0, `${during.length} calls during the pause`);
    assert.is(await mostAttempts(), 1, "an attempt was spent");
  });

faultTest(20, "429 during hundreds of calls of two workers: calls in flight end, and no other starts", async () => {
  const workers = await Promise.all([lab(), lab()].map((one) => one.readyWorker({ POLL_BATCH_SIZE: "40" })));
  const to = (count: number) => JSON.stringify(Array.from({ length: count }, (_, i) => `s${i}`));
  // The first answer that comes is the 429: by then every claim has calls under way.
  fault({ status: 429, headers: { "retry-after": "4" }, skip: 20 });
  fault({ delayMs: 800, times: 100_000 });
  // A call for each of 200 rows, and workflows of their own for six with six calls each.
  await lab().insert(200, { recipients: to(100) });
  await lab().insert(6, { recipients: to(600) });
  await bothPaused(workers);
  const refused = lab()
    .novu.control.calls()
    .last.find(({ status }) => status === 429);
  const refusedAt = Date.parse(refused?.at ?? "");
  await sleep(2_500);
  const after = callTimes().filter((at) => at > refusedAt);
  // Three claims of four calls each, and the workflows' own.
  assert.ok(after.length <= 2 * 12 + 6, `${after.length} calls after the 429`);
  const late = after.filter((at) => at > refusedAt + 1_000);
  assert.is(late.length, 0, `${late.length} calls more than a second after the 429`);
  lab().novu.control.clearFaults();
  await lab().held({}, 90_000);
});

faultTest(20, "without a notification of it, the claims themselves find that sending is paused", async () => {
  const workers = await Promise.all([lab().readyWorker(), lab().readyWorker()]);
  // What a worker without a listener knows: its own view is at most ten seconds old.
  await lab().db.query("ALTER TABLE notify.sending_pause DISABLE TRIGGER notify_sending_pause");
  try {
    await lab().db.query("UPDATE notify.sending_pause SET paused_until = now() + interval '4 s', reason = 'by hand'");
    await lab().insert(50);
    await sleep(1_500);
    const unaware = (await Promise.all(workers.map(pausedOf))).filter((paused) => paused === undefined).length;
    assert.ok(unaware > 0, "both workers' views knew: this test looked at nothing");
    assert.equal([lab().calls(), await mostAttempts()], [0, 0], "claimed while the sending pause was closed");
  } finally {
    await lab().db.query("ALTER TABLE notify.sending_pause ENABLE TRIGGER notify_sending_pause");
  }
  await lab().held();
});

faultTest(20, "429 with a Retry-After of a day: capped", async () => {
  const worker = await lab().readyWorker();
  fault({ status: 429, headers: { "retry-after": "86400" } });
  await lab().insert(1);
  const paused = await until(() => pausedOf(worker), 8_000);
  const ms = Date.parse(paused?.until ?? "") - Date.now();
  assert.ok(ms > 30_000 && ms <= 15 * 60_000 + 5_000, `paused for ${ms} ms`);
});

faultTest(21, "500, 502 and 503 for five seconds: backoff with jitter, the circuit opens and closes", async () => {
  const random = randomFrom(21);
  const worker = await lab().readyWorker({ POLL_BATCH_SIZE: "10" });
  const answers = shuffled(
    random,
    [500, 502, 503].flatMap((status) => [status, status, status, status]),
  );
  for (const status of answers) fault({ status });
  fault({ status: 503, times: 100_000 });
  await lab().insert(400, { max_attempts: 50 });
  await until(() => lab().calls() > 0);
  await sleep(3_000);
  const { rows } = await lab().db.query<{ waits: number; rows: number }>(
    // A row's wait itself, beside those of the same attempt: when it is over also depends on when the outcome was written.
    `SELECT count(DISTINCT next_attempt_at - updated_at)::int AS waits, count(*)::int AS rows FROM notify.notification
     WHERE status = 'FAILED' GROUP BY attempts ORDER BY rows DESC LIMIT 1`,
  );
  const before = lab().calls();
  await sleep(2_000);
  const during = lab().calls() - before;
  lab().novu.control.clearFaults();
  await lab().held({}, 60_000);
  assert.is(worker.child.exit(), undefined);
  assert.ok(Number(rows[0]?.waits) > 1, `${rows[0]?.rows} failed rows of the same attempt wait for the same time`);
  // Forty batches due again every half second would be some 200 calls.
  assert.ok(during <= 30, `${during} calls in two seconds to a Novu that is down: the circuit did not open`);
  assert.is(await opensOf(), 0, "the circuit did not close");
});

faultTest(
  21,
  "503 with Retry-After: one that is longer than the circuit's own pause holds all workers back",
  async () => {
    const workers = await Promise.all([lab().readyWorker(), lab().readyWorker()]);
    fault({ status: 503, headers: { "retry-after": "6" }, times: 1_000 });
    // Five calls of one worker open the breaker; which worker sends which call is not known.
    for (let i = 0; i < 12 && (await opensOf()) === 0; i++) {
      await lab().insert(1);
      await sleep(200);
    }
    await bothPaused(workers);
    const shared = Date.now();
    lab().novu.control.clearFaults();
    await lab().insert(30, { recipients: '["later"]' });
    await sleep(4_000);
    const during = callTimes().filter((at) => at > shared).length;
    assert.is(during, 0, `${during} calls during the pause that Novu requested`);
    await lab().held();
  },
);

faultTest(
  21,
  "while half-open, one call at a time of all workers is a probe; its success closes the breaker",
  async () => {
    const to = JSON.stringify(Array.from({ length: 600 }, (_, i) => `s${i}`));
    // Short intervals and a short backoff: every loop that may send does.
    const env = { POLL_BATCH_SIZE: "10", POLL_INTERVAL_MS: "100", SCHEDULED_POLL_INTERVAL_MS: "100" };
    await Promise.all([lab(), lab(), lab()].map((one) => one.readyWorker(env)));
    fault({ status: 503, delayMs: 400, times: 100_000 });
    await lab().insert(150, { max_attempts: 50 });
    await lab().insert(20, { max_attempts: 50, scheduled_for: new Date() });
    await lab().insert(2, { max_attempts: 50, recipients: to });
    await until(async () => Number(await opensOf()) > 0);
    // The calls in flight when the breaker opened end.
    await sleep(1_000);
    const from = Date.now();
    await until(
      async () => Number(await opensOf()) >= 4,
      30_000,
      () => "the breaker does not open again: no probe is sent",
    );
    const tries = callTimes().filter((at) => at > from);
    const beside = tries.filter((at, i) => at - (tries[i - 1] ?? 0) < 400).length;
    assert.equal([beside, tries.length >= 2], [0, true], `${beside} of ${tries.length} calls began beside another`);
    lab().novu.control.clearFaults();
    await lab().held({}, 60_000);
    assert.is(await opensOf(), 0, "the circuit did not close");
  },
);

faultTest(
  21,
  "a worker that is killed while it tries holds the others up for no longer than a call may take",
  async () => {
    const env = { XNOVU_NOVU_TIMEOUT_MS: "1000", POLL_BATCH_SIZE: "1", XNOVU_CLAIM_MAX: "1" };
    const first = await lab().readyWorker(env);
    fault({ status: 503, times: 100_000 });
    await lab().insert(12, { max_attempts: 50 });
    await until(async () => Number(await opensOf()) > 0);
    // Calls that started before the breaker opened still end: one that Novu accepted would close the breaker without a probe.
    await sleep(300);
    lab().novu.control.clearFaults();
    fault({ delayMs: 800, times: 100_000 });
    await until(
      async () => (await probeOf()) !== null,
      20_000,
      () => "nobody tries",
    );
    await first.child.stop({ signal: "SIGKILL" });
    lab().novu.control.clearFaults();
    await lab().readyWorker(env);
    await lab().held({}, 30_000);
    assert.equal([await opensOf(), await probeOf()], [0, null]);
  },
);

faultTest(
  21,
  "an outage whose errors Novu keeps in its idempotency cache: the circuit opens all the same, for longer each time",
  async () => {
    await lab().readyWorker();
    fault({ status: 503, cached: true, times: 100_000 });
    // A single call, whose every second try is answered from the cache.
    await lab().insert(20, { max_attempts: 100 });
    await until(
      async () => Number(await opensOf()) >= 2,
      20_000,
      () => "replayed errors count as a Novu that works: the circuit does not open",
    );
    lab().novu.control.clearFaults();
    await lab().held({}, 60_000);
    assert.is(await opensOf(), 0, "the circuit did not close");
  },
);

for (const [name, settings] of [
  ["on", {}],
  ["off", { idempotency: false }],
] as const)
  faultTest(22, `accepted and the reply lost, idempotency ${name}: the same key again`, async () => {
    lab().novu.control.set(settings);
    await lab().readyWorker();
    fault({ dropAfterAccept: true });
    await lab().insert(20);
    const { duplicates } = await lab().held({ ...settings, repliesLost: 20 });
    assert.is(duplicates, name === "on" ? 0 : 20);
    assert.is(lab().keys().length, 2);
    assert.is(new Set(lab().keys()).size, 1);
  });

faultTest(
  22,
  "accepted, the reply lost on the last attempt, and sent again by a person: the same key again",
  async () => {
    await lab().readyWorker({ POLL_BATCH_SIZE: "30" });
    fault({ dropAfterAccept: true });
    await lab().insert(30, { max_attempts: 1 });
    await until(async () => (await lab().counts()).DEAD === 30, 10_000);
    await retryNotifications(lab().db, await deadIds(lab().db, 1_000));
    await lab().held();
    assert.is(lab().keys().length, 2);
    assert.is(new Set(lab().keys()).size, 1);
  },
);

faultTest(
  22,
  "released during the call by a forced stop: smaller claims, in another order, repeat the same call",
  async () => {
    const worker = await lab().readyWorker({ POLL_BATCH_SIZE: "30" });
    fault({ delayMs: 6_000 });
    await lab().insert(30);
    await until(() => lab().calls() === 1);
    worker.child.kill("SIGTERM");
    // A signal that follows at once is taken for a copy.
    await sleep(600);
    worker.child.kill("SIGTERM");
    await worker.child.exited;
    assert.equal(await lab().counts(), { PENDING: 30 });
    await lab().insert(5, { recipients: '["urgent"]', priority: 100 });
    await until(() => lab().novu.control.effects().length === 30, 10_000);
    await lab().readyWorker({ POLL_BATCH_SIZE: "7", XNOVU_CLAIM_MAX: "7" });
    const { accepted } = await lab().held();
    assert.is(accepted, 35);
  },
);

faultTest(23, "409 while the first call runs: it waits, under the same key", async () => {
  await lab().readyWorker({ XNOVU_NOVU_TIMEOUT_MS: "500", XNOVU_RETRY_MAX_MS: "300" });
  fault({ delayMs: 2_500 });
  await lab().insert(20);
  await lab().held();
  const statuses = lab()
    .novu.control.calls()
    .last.map(({ status }) => status);
  assert.ok(statuses.includes(409), `statuses ${statuses.join(", ")}`);
  assert.is(new Set(lab().keys()).size, 1, "the key moved on although the reply was unknown");
});

faultTest(23, "an error replayed from the idempotency cache: then, and only then, the key moves on", async () => {
  await lab().readyWorker();
  fault({ status: 500, cached: true });
  await lab().insert(20);
  await lab().held();
  const keys = lab().keys();
  assert.is(keys.length, 3, `keys: ${keys.join(", ")}`);
  assert.is(keys[1], keys[0], "moved on before the replay");
  assert.is.not(keys[2], keys[0]);
});

for (const status of [400, 422])
  faultTest(
    24,
    `${status} for one of a batch: that one is a dead letter with its reason, the rest are sent`,
    async () => {
      await lab().readyWorker();
      const body = {
        statusCode: status,
        timestamp: "now",
        path: "/v1/events/trigger",
        message: "refused on order",
        type: "X",
        errors: status === 400 ? [] : {},
      };
      fault({ match: { ...match, bodyIncludes: "refused-one" }, status, body, times: 10_000 });
      await lab().insert(25);
      const [bad = ""] = await lab().insert(1, { recipients: '["refused-one"]' });
      await lab().insert(25, { recipients: '["after"]' });
      const { deadLetters, accepted } = await lab().held();
      assert.equal([deadLetters, accepted], [1, 50]);
      assert.match((await show(lab().db, bad))?.error ?? "", "refused on order");
    },
  );

faultTest(
  24,
  "400 for one of a batch, and no reply to the other half: that half again, under the same key",
  async () => {
    await lab().readyWorker();
    fault({ match: { ...match, bodyIncludes: "refused-one" }, status: 400, times: 10_000 });
    fault({ match: { ...match, bodyIncludes: "other-half" }, dropAfterAccept: true });
    await lab().insert(25);
    await lab().insert(1, { recipients: '["refused-one"]' });
    await lab().insert(25, { recipients: '["other-half"]' });
    const { deadLetters, accepted } = await lab().held();
    assert.equal([deadLetters, accepted], [1, 50]);
  },
);

faultTest(25, "403: sending pauses, health says so, and nothing of the backlog is a dead letter", async () => {
  const worker = await lab().readyWorker({ POLL_BATCH_SIZE: "10" });
  fault({ status: 403, times: 100_000 });
  await lab().insert(200);
  await until(async () => (await worker.get("/health"))?.body.checks?.processing?.status === "down");
  assert.match(String((await worker.get("/health"))?.body.checks?.processing?.error), "403");
  await until(async () => (await lab().counts()).PENDING === 200, 5_000);
  await sleep(1_500);
  assert.equal(await lab().counts(), { PENDING: 200 });
  const calls = lab().calls();
  await sleep(1_000);
  assert.is(lab().calls(), calls, "it goes on calling");
  const { rows } = await lab().db.query("SELECT max(attempts)::int AS most FROM notify.notification");
  assert.equal(rows, [{ most: 0 }]);
});

test.run();
