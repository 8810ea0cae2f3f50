// time limit: 500 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { show } from "../../outbox/reader.ts";
import { changesOf } from "../support/audit.ts";
import { testDatabase } from "../support/database.ts";
import { labOfFile, sendingPaths } from "../support/fault-lab.ts";
import { faultTest } from "../support/fault-notes.ts";
import { testTemporal } from "../support/temporal.ts";

// Rows that must not be accepted, that are inserted twice, or whose time depends on the clock.
const lab = labOfFile(testDatabase, testTemporal);

const enqueue = (recipients: string, payload = '{"name":"Ada"}', transaction: string | null = null) =>
  lab().db.query<{ id: string }>("SELECT notify.enqueue('acme', 'mail-only', $1::jsonb, $2::jsonb, $3) AS id", [
    recipients,
    payload,
    transaction,
  ]);

/** SQLSTATE of what the database says; `accepted` when it takes it. */
const answerTo = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error: { code?: unknown }) => String(error.code ?? error),
  );

const untranslatable = "22P05";
const notJson = "22P02";
const check = "23514";
// Random text: what repeats itself would be small again on its page.
const megabytes20 = () =>
  JSON.stringify({
    name: Array.from({ length: 20 << 16 }, () => Math.random().toString(36).slice(2, 18).padEnd(16)).join(""),
  });

const malformed: readonly (readonly [string, string, string | undefined, string])[] = [
  ["U+0000 in the payload", '["ada"]', '{"name":"a\\u0000b"}', untranslatable],
  ["U+0000 in a recipient", '["a\\u0000b"]', undefined, untranslatable],
  ["half of a surrogate pair", '["ada"]', '{"name":"\\ud800"}', notJson],
  ["no recipients", "[]", undefined, check],
  ["an empty recipient", '[""]', undefined, check],
  ["a recipient of blanks", '["   "]', undefined, check],
  ["a recipient that is a number", "[7]", undefined, check],
  ["a recipient that is null", "[null]", undefined, check],
  ["an object without a subscriber", '[{"email":"ada@example.com"}]', undefined, check],
  ["the same recipient twice", '["ada",{"subscriberId":"ada"}]', undefined, check],
  ["10,001 recipients", JSON.stringify(Array.from({ length: 10_001 }, (_, n) => `s${n}`)), undefined, check],
  ["a payload that is a list", '["ada"]', "[1]", check],
];

faultTest(26, "malformed rows are refused on insert, each with its reason", async () => {
  for (const [name, recipients, payload, expected] of malformed)
    assert.is(await answerTo(enqueue(recipients, payload)), expected, name);
  assert.is(await answerTo(enqueue('["ada"]', megabytes20())), check, "a payload of 20 MiB");
  assert.equal(await lab().counts(), {});
});

faultTest(26, "rows that pass the insert and that Novu refuses are dead-lettered one by one", async () => {
  await lab().readyWorker();
  const bad = [
    '[{"subscriberId":"one","email":5}]',
    '[{"subscriberId":"two","data":"text"}]',
    '[{"subscriberId":"three","firstName":{}}]',
  ];
  const ids: string[] = [];
  for (const recipients of bad) {
    await lab().insert(15, { recipients: '["good"]' });
    ids.push(...(await lab().insert(1, { recipients })));
  }
  await lab().insert(2, { payload: '{"wrong":true}', recipients: '["schema"]' });
  const { deadLetters, accepted } = await lab().held();
  assert.equal([deadLetters, accepted], [5, 45]);
  for (const id of ids) assert.ok((await show(lab().db, id))?.error, `${id} has no reason`);
});

faultTest(
  28,
  "the same transaction id twice: the first one's answer for the same body, a refusal for another",
  async () => {
    const same = await Promise.all(Array.from({ length: 20 }, () => enqueue('["ada"]', '{"name":"Ada"}', "order-1")));
    assert.is(new Set(same.map(({ rows }) => rows[0]?.id)).size, 1);
    // unique_violation: an HTTP caller gets 409.
    assert.is(await answerTo(enqueue('["ada"]', '{"name":"Eve"}', "order-1")), "23505");
    assert.is(await answerTo(enqueue('["eve"]', '{"name":"Ada"}', "order-1")), "23505");
    assert.is(await answerTo(lab().insert(1, { transaction_id: "order-1" })), "23505");
    await lab().readyWorker();
    const { accepted } = await lab().held();
    assert.is(accepted, 1);
    const again = await enqueue('["ada"]', '{"name":"Ada"}', "order-1");
    assert.is(again.rows[0]?.id, same[0]?.rows[0]?.id, "also after it was sent");
  },
);

const skewed = (minutes: number) => ({
  NODE_OPTIONS: `--import=${new URL("./skewed-clock.fixture.mjs", import.meta.url).href}`,
  XNOVU_TEST_SKEW_MS: String(minutes * 60_000),
});

faultTest(
  29,
  "workers ten minutes ahead and behind: the database's clock decides on schedule, lease and retry",
  async () => {
    const lease = { XNOVU_LEASE_MS: "2000", XNOVU_RESCUE_INTERVAL_MS: "100" };
    const workers = await Promise.all([
      lab().readyWorker({ ...lease, ...skewed(10) }),
      lab().readyWorker({ ...lease, ...skewed(-10) }),
    ]);
    const status = await workers[0]?.get("/status");
    assert.ok(Date.parse(String(status?.body.startedAt)) > Date.now() + 300_000, "the clock is not skewed");
    // Longer than a lease: both keep theirs, and neither takes the other's for run out.
    lab().novu.control.addFault({ match: { path: sendingPaths }, delayMs: 3_500, times: 2 });
    const [first = ""] = await lab().insert(1);
    const [second = ""] = await lab().insert(1);
    const { rows } = await lab().db.query<{ at: Date }>("SELECT now() + interval '2 seconds' AS at");
    const at = rows[0]?.at ?? new Date();
    const [later = ""] = await lab().insert(1, { scheduled_for: at });
    await lab().held();
    for (const id of [first, second])
      assert.is((await changesOf(lab().db, id)).filter(({ to }) => to === "PROCESSING").length, 1, "taken over");
    const claimed = (await changesOf(lab().db, later)).find(({ to }) => to === "PROCESSING");
    assert.ok(Number(claimed?.at) >= at.getTime(), "sent before its time");
    assert.ok(Number(claimed?.at) < at.getTime() + 5_000, "sent late");
  },
);

// Each direction by itself, and every worker in it: whichever takes the row, its clock would show.
for (const minutes of [10, -10])
  faultTest(29, `every worker ${minutes} minutes off: a retry comes when the database's clock says`, async () => {
    await Promise.all([lab().readyWorker(skewed(minutes)), lab().readyWorker(skewed(minutes))]);
    const headers = { "Retry-After": "3" };
    lab().novu.control.addFault({ match: { path: sendingPaths }, status: 503, headers, times: 1 });
    const [id = ""] = await lab().insert(1, { recipients: '["retried"]' });
    await lab().held({}, 15_000);
    const changes = await changesOf(lab().db, id);
    const failed = changes.find(({ to }) => to === "FAILED");
    const again = changes.filter(({ to }) => to === "PROCESSING").at(-1);
    const waited = Number(again?.at) - Number(failed?.at);
    // The witness writes the time of its own statement, a moment after that of its transaction.
    assert.ok(waited >= 2_500 && waited < 8_000, `tried again after ${waited} ms`);
  });

// The rule: scheduled_for is a moment. A local time that the clocks leave out is read with the offset from before the change, so it comes an
// hour later by the wall clock; one that comes twice means the second time, in standard time.
const localTimes: readonly (readonly [string, string, string])[] = [
  ["2027-03-28 02:30 Europe/Berlin", "2027-03-28T01:30:00.000Z", "left out"],
  ["2027-10-31 02:30 Europe/Berlin", "2027-10-31T01:30:00.000Z", "twice"],
  ["2027-03-14 02:30 America/New_York", "2027-03-14T07:30:00.000Z", "left out"],
  ["2027-11-07 01:30 America/New_York", "2027-11-07T06:30:00.000Z", "twice"],
  ["2027-03-28 01:59 Europe/Berlin", "2027-03-28T00:59:00.000Z", "the minute before"],
  ["2027-03-28 03:00 Europe/Berlin", "2027-03-28T01:00:00.000Z", "the minute after"],
  ["2027-10-31 02:30+02", "2027-10-31T00:30:00.000Z", "an offset says which"],
];

faultTest(29, "a schedule in an hour that is left out or comes twice: the documented rule", async () => {
  for (const [text, expected, why] of localTimes) {
    const [id = ""] = await lab().insert(1, { scheduled_for: text });
    const { rows } = await lab().db.query<{ at: Date }>(
      "SELECT scheduled_for AS at FROM notify.notification WHERE id = $1",
      [id],
    );
    assert.is(rows[0]?.at.toISOString(), expected, `${text}: ${why}`);
  }
});

test.run();
