// time limit: 240 s
import { type AddressInfo, createServer, type Socket } from "node:net";
import pg from "pg";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../../local/ports.ts";
import { addressOf, emptyDatabase, rowsOf } from "../../outbox/database.fixture.ts";
import { testDatabase } from "../../test/support/database.ts";
import { type DoctorRig, doctorRig, healthy } from "./doctor-rig.fixture.ts";
import { transactionPooler } from "./transaction-pooler.fixture.ts";

// Problems of Postgres, against a real server: each has a finding, and the checks that depend on it are unknown.
let rig: DoctorRig;
const look: DoctorRig["look"] = (...given) => rig.look(...given);

test.before(async () => {
  rig = await doctorRig();
});
test.after(() => rig.close());
test.before.each(() => rig.setAppHealth(200, healthy));

test("Postgres: wrong password, no such database, no server, a server that hangs", async () => {
  const other = async (url: string) => {
    const { of, code, states } = await look({ DATABASE_URL: url }, { limitMs: 1_500 });
    assert.is(code, 1);
    assert.equal(states("down"), ["postgres"]);
    assert.is(of("postgres schema").state, "unknown");
    return of("postgres");
  };
  const refused = await other(addressOf(rig.databaseUrl, { password: "geheim1" }));
  assert.match(refused.found, /refused the connection: password authentication failed/);
  assert.match(refused.todo ?? "", "password");
  assert.not.match(refused.found, "geheim1");
  assert.match((await other(addressOf(rig.databaseUrl, { database: "nowhere" }))).found, /"nowhere" does not exist/);
  assert.match((await other(`postgresql://u:p@127.0.0.1:${await freePort()}/d`)).found, "cannot be reached");

  const held: Socket[] = [];
  const silent = createServer((socket) => void held.push(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  try {
    assert.match(
      (await other(`postgresql://u:p@127.0.0.1:${(silent.address() as AddressInfo).port}/d`)).found,
      /timeout|no response within/,
    );
  } finally {
    for (const socket of held) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test("Postgres: without the tables, and with one migration less or more than this version", async () => {
  const empty = await emptyDatabase(rig.databaseUrl);
  try {
    const { of, states } = await look({ DATABASE_URL: empty.url });
    assert.match(of("postgres schema").found, /^missing: 2026\S+_notification, /);
    assert.match(of("postgres schema").todo ?? "", "migrate up");
    assert.equal(states("unknown"), ["sending pause", "due", "dead letters"]);
  } finally {
    await empty.drop();
  }
  const copy = await testDatabase();
  try {
    const [last] = await rowsOf<{ name: string }>(
      copy.url,
      "DELETE FROM notify.schema_migration WHERE id = (SELECT max(id) FROM notify.schema_migration) RETURNING name",
    );
    const less = (await look({ DATABASE_URL: copy.url })).of("postgres schema");
    assert.equal([less.state, less.found], ["down", `missing: ${last?.name}`]);
    await rowsOf(
      copy.url,
      "INSERT INTO notify.schema_migration (name, run_on) VALUES ($1, now()), ('20991231_future', now())",
      [last?.name],
    );
    const more = (await look({ DATABASE_URL: copy.url })).of("postgres schema");
    assert.equal([more.state, more.found], ["warn", "ahead of this version of the code: 20991231_future"]);
    await rowsOf(
      copy.url,
      `ALTER DATABASE ${new URL(copy.url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    assert.match((await look({ DATABASE_URL: copy.url })).of("postgres").found, "read-only");
  } finally {
    await copy.close();
  }
});

test("Postgres: a role without privileges, and one that row-level security hides the rows from", async () => {
  const role = `doctor_${process.pid}`;
  const url = addressOf(rig.databaseUrl, { user: role, password: "p" });
  const db = new pg.Client({ connectionString: rig.databaseUrl });
  db.on("error", () => undefined);
  await db.connect();
  try {
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
    const shut = await look({ DATABASE_URL: url });
    assert.match(
      shut.of("postgres rights").found,
      `${role} lacks SELECT on notify.notification, UPDATE on notify.notification`,
    );
    assert.match(shut.of("postgres rights").found, "SELECT on notify.lease, DELETE on notify.lease");
    assert.match(shut.of("postgres schema").found, "permission denied");
    assert.match(shut.of("postgres schema").todo ?? "", "owner of schema notify");
    await db.query(`GRANT USAGE ON SCHEMA notify TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA notify TO ${role}`);
    assert.match(
      (await look({ DATABASE_URL: url })).of("postgres rights").found,
      `row-level security hides every notification from ${role}`,
    );
    await db.query(`ALTER ROLE ${role} BYPASSRLS`);
    assert.is((await look({ DATABASE_URL: url })).of("postgres rights").state, "ok");
  } finally {
    await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await db.end();
  }
});

test("Postgres behind a pooler in transaction mode", async () => {
  const pooler = await transactionPooler(rig.databaseUrl);
  try {
    const { of, states } = await look({ DATABASE_URL: pooler.url });
    assert.equal(states("down"), ["postgres session"]);
    assert.match(of("postgres session").todo ?? "", "session-mode");
  } finally {
    await pooler.close();
  }
});

test("a sending pause says why and since when; dead letters and old due rows are warnings", async () => {
  const copy = await testDatabase();
  const pause = (columns: string) =>
    rowsOf(
      copy.url,
      `UPDATE notify.sending_pause SET since = now() - interval '1 hour', paused_until = now() + interval '50 s', ${columns}`,
    );
  const finding = async () => (await look({ DATABASE_URL: copy.url })).of("sending pause");
  try {
    await pause("reason = 'HTTP 401: no such key', needs_person = true");
    const paused = await finding();
    assert.is(paused.state, "down");
    assert.match(paused.found, /^sending is paused for another (50|4\d) s: HTTP 401: no such key$/);
    assert.ok(Math.abs(Date.parse(paused.since ?? "") - Date.now() + 3_600_000) < 60_000);
    await pause("reason = '5 failures', needs_person = false, breaker_opens = 2");
    assert.is((await finding()).state, "down");
    await pause("reason = 'HTTP 429', breaker_opens = 0");
    assert.is((await finding()).state, "warn");
    await rowsOf(copy.url, "UPDATE notify.sending_pause SET paused_until = NULL");

    await rowsOf(
      copy.url,
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, created_at)
      SELECT 'acme', 'email', '["u"]', now() - interval '1 hour' FROM generate_series(1, 3)`,
    );
    await rowsOf(
      copy.url,
      "UPDATE notify.notification SET status = 'DEAD', error = 'e' WHERE id = (SELECT min(id) FROM notify.notification)",
    );
    const { of, code } = await look({ DATABASE_URL: copy.url });
    assert.equal([of("dead letters").state, of("dead letters").found], ["warn", "1"]);
    assert.match(`${of("due").state} ${of("due").found}`, /^warn 2, the oldest for 36\d\d s$/);
    assert.is(code, 0);
  } finally {
    await copy.close();
  }
});

test.run();
