// The database enforces the states; core/notification.ts says the same for the code.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { legalChanges, type Status, statuses } from "../core/notification.ts";
import { columnsOf, errorOf, insertRows, openDatabase, rowIn } from "./database.fixture.ts";

const test = suite("states");
let pool: pg.Pool;

openDatabase(test, (opened) => {
  pool = opened.pool;
});

const pairs = statuses.flatMap((from) => statuses.map((to): [Status, Status] => [from, to]));

test("core and the database list the same legal changes", async () => {
  for (const [from, to] of pairs) {
    const { rows } = await pool.query<{ legal: boolean }>("SELECT notify.is_legal_change($1, $2) AS legal", [from, to]);
    assert.is(rows[0]?.legal, legalChanges[from].includes(to), `${from} -> ${to}`);
  }
});

test("each change of a real row happens exactly when it is legal, and is in the timeline once", async () => {
  for (const [from, to] of pairs) {
    const id = await rowIn(pool, from);
    const before = await timeline(id);
    const change = pool.query(`UPDATE notify.notification SET status = '${to}', ${columnsOf[to]} WHERE id = $1`, [id]);
    const error = await errorOf(change);
    const said = `${from} -> ${to}: ${error.message}`;
    if (from === to) {
      assert.is(error.message, "no error", said);
      // A rescue under a new token is recorded; the other states have no token.
      assert.is((await timeline(id)).length, before.length + (from === "PROCESSING" ? 1 : 0), said);
    } else if (legalChanges[from].includes(to)) {
      assert.is(error.message, "no error", said);
      assert.equal((await timeline(id)).slice(before.length), [`${from}>${to}`], said);
    } else {
      assert.is(error.constraint, "notification_legal_change", said);
      assert.equal(await timeline(id), before, said);
    }
  }
});

test("one illegal change among many rolls the whole statement back", async () => {
  const ids = [await rowIn(pool, "PENDING"), await rowIn(pool, "SENT"), await rowIn(pool, "PENDING")];
  const text = `UPDATE notify.notification SET status = 'PROCESSING', ${columnsOf.PROCESSING} WHERE id = ANY ($1)`;
  assert.is((await errorOf(pool.query(text, [ids]))).constraint, "notification_legal_change");
  const { rows } = await pool.query("SELECT status FROM notify.notification WHERE id = ANY ($1) ORDER BY id", [ids]);
  assert.equal(rows, [{ status: "PENDING" }, { status: "SENT" }, { status: "PENDING" }]);
});

test("a row starts as PENDING without attempts", async () => {
  const into =
    "INSERT INTO notify.notification (enterprise_id, workflow, recipients, status, attempts, sent_at, error) VALUES";
  for (const rest of [
    "'SENT', 0, now(), NULL",
    "'DEAD', 0, NULL, 'e'",
    "'RETRACTED', 0, NULL, NULL",
    "'PENDING', 1, NULL, NULL",
  ]) {
    const error = await errorOf(pool.query(`${into} ('acme', 'email', '["u"]', ${rest})`));
    assert.is(error.constraint, "notification_starts_pending", rest);
  }
  const unknown = await errorOf(pool.query(`${into} ('acme', 'email', '["u"]', 'QUEUED', 0, NULL, NULL)`));
  assert.is(unknown.constraint, "notification_status_known");
});

test("each state has the columns that belong to it, and no others", async () => {
  const table: [Status, string, string][] = [
    ["PROCESSING", "lease_token = NULL", "notification_lease_while_processing"],
    ["PROCESSING", "lease_owner = NULL", "notification_lease_while_processing"],
    ["PROCESSING", "lease_until = NULL", "notification_lease_while_processing"],
    ["PENDING", "lease_token = gen_random_uuid()", "notification_lease_while_processing"],
    ["FAILED", "next_attempt_at = NULL", "notification_next_attempt_while_failed"],
    ["PENDING", "next_attempt_at = now()", "notification_next_attempt_while_failed"],
    ["FAILED", "error = NULL", "notification_error_when_failed"],
    ["DEAD", "error = NULL", "notification_error_when_failed"],
    ["SENT", "sent_at = NULL", "notification_sent_at_when_sent"],
    ["PENDING", "attempts = 8", "notification_attempt_left"],
    ["FAILED", "attempts = 8", "notification_attempt_left"],
    ["PROCESSING", "attempts = 9", "notification_attempts_bounded"],
    ["PROCESSING", "attempts = -1", "notification_attempts_bounded"],
  ];
  for (const [status, change, constraint] of table) {
    const id = await rowIn(pool, status);
    const error = await errorOf(pool.query(`UPDATE notify.notification SET ${change} WHERE id = $1`, [id]));
    assert.is(error.constraint, constraint, `${status}: ${change}: ${error.message}`);
  }
});

const changes: Readonly<Record<string, string>> = {
  enterprise_id: "'other'",
  workflow: "'sms'",
  recipients: `'["u2"]'`,
  payload: `'{"a": 1}'`,
  overrides: `'{"a": 1}'`,
  channels: "ARRAY['sms']",
  transaction_id: "'other'",
};
const setContent = (id: string, column: string) =>
  pool.query(`UPDATE notify.notification SET ${column} = ${changes[column]} WHERE id = $1`, [id]);

test("the content may change until the first attempt, and never after", async () => {
  const touched = await rowIn(pool, "PROCESSING");
  await pool.query(
    `UPDATE notify.notification SET status = 'PENDING', batch_id = gen_random_uuid(), ${columnsOf.PENDING} WHERE id = $1`,
    [touched],
  );
  const fixed = [touched, ...(await Promise.all(statuses.slice(1).map((status) => rowIn(pool, status))))];
  for (const column of Object.keys(changes)) {
    const [fresh = ""] = await insertRows(pool, [{}]);
    await setContent(fresh, column);
    for (const id of fixed)
      assert.is((await errorOf(setContent(id, column))).constraint, "notification_content_fixed", column);
  }
  // What says how to send, not what, may change at any time before it is sent.
  await pool.query("UPDATE notify.notification SET priority = 99, tags = '{a}' WHERE id = $1", [touched]);
});

test("the same content written again is no change", async () => {
  const id = await rowIn(pool, "FAILED");
  await pool.query("UPDATE notify.notification SET payload = payload, workflow = 'email' WHERE id = $1", [id]);
});

test("the id of a row stays", async () => {
  const [id = ""] = await insertRows(pool, [{}]);
  const error = await errorOf(pool.query("UPDATE notify.notification SET id = DEFAULT WHERE id = $1", [id]));
  assert.is(error.constraint, "notification_content_fixed");
});

test("the timeline refuses update, delete and truncate, and is deleted with its notification", async () => {
  const id = await rowIn(pool, "SENT");
  for (const text of [
    "UPDATE notify.notification_event SET error = 'x'",
    "DELETE FROM notify.notification_event",
    "TRUNCATE notify.notification_event",
  ])
    assert.is((await errorOf(pool.query(text))).constraint, "notification_event_append_only", text);
  await pool.query("INSERT INTO notify.notification_recipient VALUES ($1, 0, 't', 'SENT')", [id]);
  await pool.query("DELETE FROM notify.notification WHERE id = $1", [id]);
  assert.equal(await timeline(id), []);
  assert.is(
    (await pool.query("SELECT FROM notify.notification_recipient WHERE notification_id = $1", [id])).rowCount,
    0,
  );
});

async function timeline(id: string): Promise<string[]> {
  const text =
    "SELECT concat(from_status, '>', to_status) AS step FROM notify.timeline WHERE notification_id = $1 ORDER BY id";
  return (await pool.query<{ step: string }>(text, [id])).rows.map(({ step }) => step);
}

test.run();
