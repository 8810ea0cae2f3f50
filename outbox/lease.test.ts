// notify.lease lists the claims under way. A trigger maintains it on every change of a row; the rescue loop finds the rows of a lost worker by it.
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TestDatabase } from "../test/support/database.ts";
import { createClaims } from "./claims.ts";
import { addressOf, errorOf, insertRows, openDatabase, poolOf, queryOf, withClient } from "./database.fixture.ts";
import { createDelivery } from "./delivery.ts";
import { transaction } from "./pool.ts";

const test = suite("lease");
const minute = 60_000;
let database: TestDatabase;
let pool: pg.Pool;
let claims: ReturnType<typeof createClaims>;
let delivery: ReturnType<typeof createDelivery>;

openDatabase(test, (opened) => {
  ({ database, pool } = opened);
  claims = createClaims(pool);
  delivery = createDelivery(pool);
});
test.before.each(async () => void (await pool.query("TRUNCATE notify.notification, notify.notification_recipient")));

async function claimed(count: number, owner = "w1") {
  await insertRows(
    pool,
    Array.from({ length: count }, () => ({})),
  );
  const { token, rows } = await claims.claim("new", owner, minute, count);
  assert.is(rows.length, count);
  return { token, ids: rows.map(({ id }) => id) };
}

const leases = async () =>
  (
    await pool.query<{ token: string; owner: string; open: number }>(
      "SELECT token, owner, open FROM notify.lease ORDER BY open",
    )
  ).rows;

/** Rows that are held and that no rescue would find, and claims that count other rows than they hold. */
async function errors(): Promise<unknown[]> {
  const { rows } = await pool.query(
    `SELECT n.id::text AS what FROM notify.notification n WHERE n.status = 'PROCESSING' AND NOT EXISTS (
       SELECT FROM notify.lease l WHERE l.token = n.lease_token AND n.id = ANY (l.ids) AND l.until <= n.lease_until)
     UNION ALL
     SELECT l.token::text FROM notify.lease l
     WHERE l.open <> (SELECT count(*) FROM notify.notification n WHERE n.id = ANY (l.ids) AND n.lease_token = l.token) OR l.open = 0`,
  );
  return rows;
}
const sent = (ids: readonly string[]) => ids.map((id) => ({ id, kind: "sent" }) as const);

test("a claim is there while it holds a row, and gone with the last one", async () => {
  const { token, ids } = await claimed(3);
  assert.equal(await leases(), [{ token, owner: "w1", open: 3 }]);
  await delivery.settle(token, sent(ids.slice(0, 2)), []);
  assert.equal(await leases(), [{ token, owner: "w1", open: 1 }]);
  assert.equal(await errors(), []);
  await delivery.settle(token, [{ id: ids[2] ?? "", kind: "released" }], []);
  assert.equal(await leases(), []);
});

test("after any change to the rows of a claim, the rescue finds those that are held", async () => {
  const { token, ids } = await claimed(12);
  const [a = "", b = "", c = "", d = "", e = "", f = ""] = ids;
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["renew all", () => delivery.renew(token, ids, 2 * minute)],
    ["renew a part for longer", () => delivery.renew(token, [a], 9 * minute)],
    ["renew a part for less", () => delivery.renew(token, [b], 1_000)],
    ["hand one over", () => delivery.startFanOut(token, [c], minute)],
    [
      "settle some, each otherwise",
      () =>
        delivery.settle(
          token,
          [
            { id: a, kind: "failed", error: "e", retryInMs: 0, keepBatch: true },
            { id: b, kind: "dead", error: "e" },
            { id: d, kind: "released" },
          ],
          [],
        ),
    ],
    ["claim the failed row and the other row of its batch", () => claims.claim("failed", "w2", minute, 10)],
    ["delete one that is held", () => pool.query("DELETE FROM notify.notification WHERE id = $1", [e])],
    [
      "a person changes one that is held",
      () =>
        pool.query(
          `UPDATE notify.notification SET status = 'DEAD', error = 'e', lease_token = NULL, lease_owner = NULL, lease_until = NULL WHERE id = $1`,
          [f],
        ),
    ],
    [
      "some run out",
      () =>
        pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s' WHERE lease_token = $1", [
          token,
        ]),
    ],
    ["taken over, two at a time", () => claims.rescue("w3", minute, 2)],
    ["taken over, the others", () => claims.rescue("w4", minute, 100)],
    ["given up by name", () => claims.releaseAll("w4")],
  ];
  for (const [step, work] of steps) {
    await work();
    assert.equal(await errors(), [], step);
  }
  await pool.query("DELETE FROM notify.notification");
  assert.equal(await leases(), []);
});

test("a transaction held open over one row blocks neither the other rows of its batch nor the rescue, and the empty lease is deleted later", async () => {
  const { token, ids } = await claimed(3);
  const [held = "", ...others] = ids;
  const dead =
    "UPDATE notify.notification SET status = 'DEAD', error = 'e', lease_token = NULL, lease_owner = NULL, lease_until = NULL WHERE id = $1";
  await transaction(pool, async (client) => {
    await client.query(dead, [held]);
    // Its own change of the count cannot be waited for: the statement limit of this pool would end it.
    await delivery.settle(token, sent(others), []);
  });
  assert.equal(await leases(), [{ token, owner: "w1", open: 2 }], "counted too many, for now");
  await pool.query("UPDATE notify.lease SET until = now() - interval '1 s'");
  await claims.rescue("w2", minute, 10);
  assert.equal(await leases(), []);
});

test("the rescue keeps an expired lease that holds a row", async () => {
  const { token, ids } = await claimed(2);
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s', attempts = 8");
  await transaction(pool, async (client) => {
    await client.query("SELECT FROM notify.notification FOR UPDATE");
    await claims.rescue("w2", minute, 10);
    assert.equal(
      (await leases()).map((lease) => lease.token),
      [token],
    );
  });
  assert.is((await claims.rescue("w2", minute, 10)).dead, ids.length);
  assert.equal(await leases(), []);
});

test("rows that join an expired claim late keep their lease, and the rescue never waits", async () => {
  await insertRows(pool, [{}]);
  const [token, batch] = [randomUUID(), randomUUID()];
  await pool.query("UPDATE notify.notification SET batch_id = $1", [batch]);
  // What is left of a claim whose rows two rescues took over at once: the count of one of them passed it over.
  await pool.query("INSERT INTO notify.lease VALUES ($1, 'w1', now() - interval '1 s', 1, '{0}')", [token]);
  await transaction(pool, async (client) => {
    assert.is(
      (await client.query(queryOf("claim-batch-rows", { token, owner: "w1", leaseMs: minute, batches: [batch] })))
        .rowCount,
      1,
    );
    await withClient(database.url, async (other) => {
      await other.query("SET lock_timeout = '500ms'");
      await other.query(queryOf("delete-empty-leases"));
    });
  });
  assert.equal(await leases(), [{ token, owner: "w1", open: 2 }]);
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s'");
  assert.is((await claims.rescue("w2", minute, 10)).rows.length, 1);
});

/** A pool of its own role, with the rights that `doctor` checks. */
async function asRole<T>(work: (own: pg.Pool, role: string) => Promise<T>): Promise<T> {
  const role = `lease_${process.pid}`;
  await pool.query(`CREATE ROLE ${role} LOGIN BYPASSRLS PASSWORD 'p'; GRANT USAGE ON SCHEMA notify TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA notify TO ${role}`);
  const own = poolOf(addressOf(database.url, { user: role, password: "p" }));
  try {
    return await work(own, role);
  } finally {
    await own.end();
    await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
}

test("a worker whose role was granted the tables rescues as the owner does", () =>
  asRole(async (own) => {
    const { ids } = await claimed(2);
    await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s'");
    assert.is((await createClaims(own).rescue("w2", minute, 10)).rows.length, ids.length);
  }));

test("a rescue that cannot delete empty leases rescues nothing, so no attempt is counted that is not made", () =>
  asRole(async (own, role) => {
    await claimed(2);
    await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s'");
    await pool.query(
      `GRANT EXECUTE ON FUNCTION notify.expired_ids() TO ${role}; REVOKE DELETE ON notify.lease FROM ${role}`,
    );
    assert.is((await errorOf(createClaims(own).rescue("w2", minute, 10))).code, "42501");
    const { rows } = await pool.query("SELECT DISTINCT attempts, lease_owner FROM notify.notification");
    assert.equal(rows, [{ attempts: 1, lease_owner: "w1" }]);
  }));

test("any number of poison rows do not keep the rescue from the other rows", async () => {
  const poisonRows = await claimed(1);
  await pool.query("UPDATE notify.notification SET attempts = 3, lease_until = now() - interval '1 h'");
  // Stands for twenty thousand of them.
  await pool.query("UPDATE notify.lease SET open = 20000 WHERE token = $1", [poisonRows.token]);
  const others = await claimed(2);
  await pool.query("UPDATE notify.notification SET lease_until = now() - interval '1 s' WHERE lease_token = $1", [
    others.token,
  ]);
  for (let rescues = 0; rescues < 50; rescues++)
    if ((await claims.rescue("w2", minute, 10)).rows.length === others.ids.length) return;
  assert.unreachable("they were never found");
});

test("an open transaction that changes a row but not its lease blocks nothing else of the claim", async () => {
  const { token, ids } = await claimed(2);
  await transaction(pool, async (client) => {
    await client.query("UPDATE notify.notification SET priority = 1 WHERE id = $1", [ids[0]]);
    await pool.query("SELECT FROM notify.lease WHERE token = $1 FOR UPDATE NOWAIT", [token]);
  });
  assert.equal(await errors(), []);
});

test("two claims made at the same moment are two leases", async () => {
  await insertRows(pool, [{}, {}]);
  const tokens = [randomUUID(), randomUUID()];
  await pool.query(
    `UPDATE notify.notification SET status = 'PROCESSING', attempts = 1, lease_owner = 'w', lease_until = now() + interval '1 min',
       lease_token = ($1::uuid[])[1 + id % 2]`,
    [tokens],
  );
  assert.equal((await leases()).map(({ token }) => token).sort(), tokens.sort());
  assert.equal(await errors(), []);
});

/** Of 50 rows that end as SENT, those whose next version stays on its page. */
async function hotOf50(): Promise<string | undefined> {
  const { token, ids } = await claimed(50);
  // Its own connection: statistics of a transaction are per connection.
  return await withClient(database.url, async (client) => {
    await client.query("BEGIN");
    await client.query(
      queryOf("settle-sent", { token, ids, notificationIds: [], ordinals: [], transactionIds: [], errors: [] }),
    );
    const { rows } = await client.query<{ hot: string }>(
      "SELECT n_tup_hot_upd AS hot FROM pg_stat_xact_user_tables WHERE relid = 'notify.notification'::regclass",
    );
    await client.query("COMMIT");
    return rows[0]?.hot;
  });
}

test("the end of a delivery changes no index: the row's next version stays on its page", async () => {
  // Room for it is what the claim left behind, which a transaction of any database of this server, open for a moment, may keep there.
  for (let tries = 0; tries < 20; tries++) if ((await hotOf50()) === "50") return;
  assert.unreachable("each time an index had to be written");
});

test.run();
