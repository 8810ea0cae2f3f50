import { createHash, randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { crashPoint } from "../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../core/delivery.ts";
import { aloneFrom, byId, type ClaimedRow, toClaimed } from "./claimed-row.ts";
import { transaction } from "./pool.ts";
import { sql } from "./sql.ts";

const claimSql: Readonly<Record<ClaimKind, string>> = {
  new: sql("claim-new"),
  failed: sql("claim-failed"),
  scheduled: sql("claim-scheduled"),
};
const matesSql = sql("claim-mates");
const takeOver = sql("take-over");
const takeOverAlone = sql("take-over-alone");
const trialFree = sql("gate-trial-free");
const takeTrial = sql("gate-trial-take");
const anySuspects = sql("any-suspects");
const buryExpired = sql("bury-expired");
const forgetLeases = sql("forget-leases");
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
    trial?: PoolClient,
  ): Promise<Claim> {
    const token = randomUUID();
    const from = after[kind];
    crashPoint("before-claim-commit");
    const { rows } = await (trial ?? pool).query<ClaimedRow>({
      name: `claim-${kind}`,
      text: claimSql[kind],
      values: [token, owner, leaseMs, limit, from, trial !== undefined],
    });
    const tenants = [...new Set(rows.map((row) => row.enterprise_id))].sort();
    after[kind] = tenants.length < Math.min(tenantsPerClaim, limit) ? "" : (tenants.at(-1) ?? "");
    // The tenants after the last one served have nothing due: from the first one on again.
    if (rows.length === 0 && from !== "") return claimAfter(kind, owner, leaseMs, limit, trial);
    return claimOf(token, [...rows, ...(await mates(trial ?? pool, token, owner, leaseMs, rows))]);
  }

  /** What else waits of the calls that claimed rows may be of. Claims of failed rows bring it along themselves. */
  async function mates(
    db: Pool | PoolClient,
    token: string,
    owner: string,
    leaseMs: number,
    rows: readonly ClaimedRow[],
  ) {
    const batches = new Set(rows.filter(({ settled }) => settled !== null).map((row) => row.batch_id));
    if (batches.size === 0) return [];
    return (await db.query<ClaimedRow>(matesSql, [token, owner, leaseMs, [...batches]])).rows;
  }

  async function takenOver(owner: string, leaseMs: number, limit: number, trial?: PoolClient): Promise<Claim> {
    const token = randomUUID();
    const values = [token, owner, leaseMs, limit, aloneFrom, trial !== undefined];
    return claimOf(token, (await (trial ?? pool).query<ClaimedRow>(takeOver, values)).rows);
  }

  async function takenOverAlone(owner: string, leaseMs: number, trial?: PoolClient): Promise<Claim> {
    const token = randomUUID();
    const values = [token, owner, leaseMs, aloneFrom, trial !== undefined];
    return claimOf(token, (await (trial ?? pool).query<ClaimedRow>(takeOverAlone, values)).rows);
  }

  async function forTrial(
    kind: ClaimKind | "sweep",
    owner: string,
    leaseMs: number,
    client: PoolClient,
  ): Promise<Claim> {
    if (kind !== "sweep") return await claimAfter(kind, owner, leaseMs, 1, client);
    const swept = await takenOver(owner, leaseMs, 1, client);
    return swept.rows.length > 0 ? swept : await takenOverAlone(owner, leaseMs, client);
  }

  return {
    claim: (kind, owner, leaseMs, limit) => claimAfter(kind, owner, leaseMs, limit),
    async sweep(owner, leaseMs, limit) {
      const dead = (await pool.query(buryExpired, [limit])).rowCount ?? 0;
      // Before anything is taken over: a fault here must not cost rows an attempt that nobody makes.
      await pool.query(forgetLeases);
      const claim = await takenOver(owner, leaseMs, limit);
      const suspects = (await pool.query<{ suspects: boolean }>(anySuspects, [aloneFrom])).rows[0]?.suspects ?? false;
      return { ...claim, dead, suspects };
    },
    sweepSuspect: (owner, leaseMs) => takenOverAlone(owner, leaseMs),
    claimTrial: (kind, owner, leaseMs, trialMs) =>
      transaction(pool, async (client) => {
        if ((await client.query(trialFree)).rows.length === 0) return "held";
        const claim = await forTrial(kind, owner, leaseMs, client);
        // The gate is as it was, and so nobody hears of it.
        if (claim.rows.length === 0) return "nothing due";
        const { rows } = await client.query<{ trial: string }>(takeTrial, [trialMs]);
        return { ...claim, trial: rows[0]?.trial ?? "" };
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
