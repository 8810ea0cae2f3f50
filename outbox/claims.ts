import { createHash, randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { crashPoint } from "../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../core/delivery.ts";
import { byId, type ClaimedRow, isolateFrom, toClaimed } from "./claimed-row.ts";
import { transaction } from "./pool.ts";
import { sql } from "./sql.ts";

const claimSql: Readonly<Record<ClaimKind, string>> = {
  new: sql("claim-new"),
  failed: sql("claim-failed"),
  scheduled: sql("claim-scheduled"),
};
const batchRowsSql = sql("claim-batch-rows");
const rescueSql = sql("rescue");
const rescueIsolatedSql = sql("rescue-isolated");
const probeFree = sql("breaker-probe-free");
const takeProbe = sql("breaker-probe-take");
const hasPoisonRows = sql("has-poison-rows");
const deadLetterExpired = sql("dead-letter-expired");
const deleteEmptyLeases = sql("delete-empty-leases");
const releaseSql = sql("release");
const releaseAllSql = sql("release-all");
const expireSql = sql("expire-leases");

/** Tenants that one claim serves at the most; the same number stands in the claims' SQL. */
const tenantsPerClaim = 16;

/** Claims over Postgres. Every claim has a token of its own, the fencing token that all later writes name. */
export function createClaims(pool: Pool): ClaimPort {
  /** Where each kind's next claim goes on among the tenants. */
  const after: Record<ClaimKind, string> = { new: "", failed: "", scheduled: "" };

  async function claimAfter(
    kind: ClaimKind,
    owner: string,
    leaseMs: number,
    limit: number,
    probe?: PoolClient,
  ): Promise<Claim> {
    const token = randomUUID();
    const from = after[kind];
    crashPoint("before-claim-commit");
    const { rows } = await (probe ?? pool).query<ClaimedRow>({
      name: `claim-${kind}`,
      text: claimSql[kind],
      values: [token, owner, leaseMs, limit, from, probe !== undefined],
    });
    const tenants = [...new Set(rows.map((row) => row.enterprise_id))].sort();
    after[kind] = tenants.length < Math.min(tenantsPerClaim, limit) ? "" : (tenants.at(-1) ?? "");
    // The tenants after the last one served have nothing due: from the first one on again.
    if (rows.length === 0 && from !== "") return claimAfter(kind, owner, leaseMs, limit, probe);
    return claimOf(token, [...rows, ...(await batchRows(probe ?? pool, token, owner, leaseMs, rows))]);
  }

  /** What else waits of the calls that claimed rows may be of. Claims of failed rows bring it along themselves. */
  async function batchRows(
    db: Pool | PoolClient,
    token: string,
    owner: string,
    leaseMs: number,
    rows: readonly ClaimedRow[],
  ) {
    const batches = new Set(rows.filter(({ settled }) => settled !== null).map((row) => row.batch_id));
    if (batches.size === 0) return [];
    return (await db.query<ClaimedRow>(batchRowsSql, [token, owner, leaseMs, [...batches]])).rows;
  }

  async function rescueRows(owner: string, leaseMs: number, limit: number, probe?: PoolClient): Promise<Claim> {
    const token = randomUUID();
    const values = [token, owner, leaseMs, limit, isolateFrom, probe !== undefined];
    return claimOf(token, (await (probe ?? pool).query<ClaimedRow>(rescueSql, values)).rows);
  }

  async function rescueIsolatedRow(owner: string, leaseMs: number, probe?: PoolClient): Promise<Claim> {
    const token = randomUUID();
    const values = [token, owner, leaseMs, isolateFrom, probe !== undefined];
    return claimOf(token, (await (probe ?? pool).query<ClaimedRow>(rescueIsolatedSql, values)).rows);
  }

  async function forProbe(
    kind: ClaimKind | "rescue",
    owner: string,
    leaseMs: number,
    client: PoolClient,
  ): Promise<Claim> {
    if (kind !== "rescue") return await claimAfter(kind, owner, leaseMs, 1, client);
    const rescued = await rescueRows(owner, leaseMs, 1, client);
    return rescued.rows.length > 0 ? rescued : await rescueIsolatedRow(owner, leaseMs, client);
  }

  return {
    claim: (kind, owner, leaseMs, limit) => claimAfter(kind, owner, leaseMs, limit),
    async rescue(owner, leaseMs, limit) {
      const dead = (await pool.query(deadLetterExpired, [limit])).rowCount ?? 0;
      // Before anything is taken over: a fault here must not cost rows an attempt that nobody makes.
      await pool.query(deleteEmptyLeases);
      const claim = await rescueRows(owner, leaseMs, limit);
      const found = await pool.query<{ poison_rows: boolean }>(hasPoisonRows, [isolateFrom]);
      const poisonRows = found.rows[0]?.poison_rows ?? false;
      return { ...claim, dead, poisonRows };
    },
    rescueIsolated: (owner, leaseMs) => rescueIsolatedRow(owner, leaseMs),
    claimProbe: (kind, owner, leaseMs, probeMs) =>
      transaction(pool, async (client) => {
        if ((await client.query(probeFree)).rows.length === 0) return "held";
        const claim = await forProbe(kind, owner, leaseMs, client);
        // The sending pause is as it was, and so nobody hears of it.
        if (claim.rows.length === 0) return "nothing due";
        const { rows } = await client.query<{ probe: string }>(takeProbe, [probeMs]);
        return { ...claim, probe: rows[0]?.probe ?? "" };
      }),
    release: async (token, ids) => (await pool.query(releaseSql, [token, ids])).rowCount ?? 0,
    releaseAll: async (owner) => (await pool.query(releaseAllSql, [owner])).rowCount ?? 0,
    expire: (owner) =>
      transaction(pool, async (client) => {
        // The worker's listener holds this lock for as long as the worker is connected: see outbox/listener.ts.
        const { rows } = await client.query<{ gone: boolean }>("SELECT pg_try_advisory_xact_lock($1) AS gone", [
          workerLock(owner),
        ]);
        if (rows[0]?.gone !== true) return { gone: false, rows: 0 };
        return { gone: true, rows: (await client.query(expireSql, [owner])).rowCount ?? 0 };
      }),
  };
}

const claimOf = (token: string, rows: readonly ClaimedRow[]): Claim => ({
  token,
  rows: rows.map(toClaimed).sort(byId),
});

/** Key of the advisory lock that a worker holds while it lives: a bigint made of its name. */
export const workerLock = (owner: string): string =>
  createHash("sha256").update(`xnovu worker ${owner}`).digest().readBigInt64BE().toString();
