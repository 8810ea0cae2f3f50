// Which rows a claim takes: tenants in turn, and within a tenant by priority and by how long a row has waited.
import type pg from "pg";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimKind, type ClaimPort, claimKinds } from "../core/delivery.ts";
import { createClaims } from "./claims.ts";
import { insertRows, openDatabase } from "./database.fixture.ts";
import { transaction } from "./pool.ts";

const test = suite("fairness");
const lease = 60_000;
let pool: pg.Pool;
let claims: ClaimPort;

openDatabase(test, (opened) => {
  pool = opened.pool;
});
test.before.each(async () => {
  await pool.query("TRUNCATE notify.notification, notify.notification_recipient");
  claims = createClaims(pool);
});

/** Columns of a row that the claims of a kind find. */
const dueAs: Readonly<Record<ClaimKind, string>> = {
  new: "'PENDING', NULL, NULL, NULL",
  failed: "'FAILED', NULL, now() - interval '1 minute', 'e'",
  scheduled: "'PENDING', now() - interval '1 minute', NULL, NULL",
};
const tenant = (n: number) => `t${String(n).padStart(3, "0")}`;

/** `count` due rows of a tenant, without the triggers, which are not what is looked at here. */
const due = (kind: ClaimKind, owner: string, count: number) =>
  transaction(pool, async (client) => {
    await client.query("SET LOCAL session_replication_role = replica");
    await client.query(
      `INSERT INTO notify.notification (enterprise_id, workflow, recipients, status, scheduled_for, next_attempt_at, error)
       SELECT $1, 'email', '["u"]', ${dueAs[kind]} FROM generate_series(1, $2)`,
      [owner, count],
    );
  });

/** How many rows of each tenant a claim takes. */
async function taken(kind: ClaimKind, limit: number): Promise<Record<string, number>> {
  const { rows } = await claims.claim(kind, "w", lease, limit);
  const counts: Record<string, number> = {};
  for (const { enterpriseId } of rows) counts[enterpriseId] = (counts[enterpriseId] ?? 0) + 1;
  return counts;
}
const tenantsOf = (counts: Record<string, number>) => Object.keys(counts).sort();
const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

for (const kind of claimKinds) {
  test(`${kind}: beside a tenant with 50,000 rows, another one's single row is in the next claim`, async () => {
    await due(kind, "big", 50_000);
    await pool.query("ANALYZE notify.notification");
    assert.equal(await taken(kind, 100), { big: 100 });
    for (const late of ["aaa", "zzz"]) await due(kind, late, 1);
    assert.equal(await taken(kind, 100), { aaa: 1, big: 34, zzz: 1 });
    assert.equal(await taken(kind, 100), { big: 100 }, "and then the whole claim is the big one's again");
  });

  test(`${kind}: sixteen tenants share a claim evenly, the next sixteen are served next, and then it starts over`, async () => {
    for (let n = 0; n < 40; n++) await due(kind, tenant(n), 30);
    const names = Array.from({ length: 40 }, (_, n) => tenant(n));
    for (const [from, to] of [
      [0, 16],
      [16, 32],
      [32, 40],
      [0, 16],
    ] as const) {
      const counts = await taken(kind, 160);
      assert.equal(tenantsOf(counts), names.slice(from, to));
      assert.equal(new Set(Object.values(counts)), new Set([160 / (to - from)]));
    }
  });

  test(`${kind}: a claim with a limit below the number of tenants keeps the limit, and serves all tenants in turn`, async () => {
    for (let n = 0; n < 20; n++) await due(kind, tenant(n), 3);
    assert.equal(await taken(kind, 1), { t000: 1 }, "a single one, as the breaker's probe needs");
    assert.equal(await taken(kind, 1), { t001: 1 });
    const served = new Set<string>();
    for (let n = 0; n < 6; n++) {
      const counts = await taken(kind, 4);
      assert.is(total(counts), 4);
      for (const name of tenantsOf(counts)) served.add(name);
    }
    assert.is(served.size, 20);
  });
}

test("when the tenants after the last one served have nothing, the same claim goes on from the first", async () => {
  for (let n = 0; n < 16; n++) await due("new", tenant(n), 2);
  assert.is(tenantsOf(await taken("new", 16)).length, 16);
  assert.is(tenantsOf(await taken("new", 16)).length, 16, "no empty claim in between");
  assert.equal(await taken("new", 16), {}, "all is claimed");
});

test("each kind rotates through the tenants independently", async () => {
  for (const kind of ["new", "scheduled"] as const) for (let n = 0; n < 20; n++) await due(kind, tenant(n), 1);
  assert.is(tenantsOf(await taken("new", 16)).at(-1), "t015");
  assert.is(tenantsOf(await taken("scheduled", 16))[0], "t000");
  assert.equal(tenantsOf(await taken("new", 16)), ["t016", "t017", "t018", "t019"]);
});

test("a tenant without due rows takes no share of a claim", async () => {
  for (let n = 0; n < 20; n++) await insertRows(pool, [{ tenant: `a${n}`, scheduledInMs: 600_000 }]);
  await due("scheduled", "zzz", 200);
  assert.equal(await taken("scheduled", 100), { zzz: 100 });
});

async function inOrder(): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    const { rows } = await claims.claim("new", "w", lease, 1);
    if (rows.length === 0) return order;
    order.push(...rows.map(({ id }) => id));
  }
}
/** A row of a priority that waits since `seconds`. */
async function waiting(priority: number, seconds: number): Promise<string> {
  const [id = ""] = await insertRows(pool, [{ priority }]);
  await pool.query("UPDATE notify.notification SET created_at = now() - $2 * interval '1 s' WHERE id = $1", [
    id,
    seconds,
  ]);
  return id;
}

test("within a tenant the most important row goes first, and among equals the oldest", async () => {
  const late = await waiting(50, 10);
  const early = await waiting(50, 20);
  const low = await waiting(0, 30);
  const high = await waiting(100, 0);
  assert.equal(await inOrder(), [high, early, late, low]);
});

test("waiting counts: a point of priority is worth six seconds, so no row waits for ever", async () => {
  const patient = await waiting(50, 301);
  const hurried = await waiting(100, 0);
  const lessPatient = await waiting(50, 298);
  const least = await waiting(0, 605);
  assert.equal(await inOrder(), [least, patient, hurried, lessPatient]);
});

test("a change of priority moves a row that waits", async () => {
  const first = await waiting(50, 10);
  const second = await waiting(50, 5);
  await pool.query("UPDATE notify.notification SET priority = 60 WHERE id = $1", [second]);
  assert.equal(await inOrder(), [second, first]);
});

test.run();
