import { createHash, randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { crashPoint } from "../core/crash-point.ts";
import type { Claim, ClaimKind, ClaimPort } from "../core/delivery.ts";
import { maxEventsPerCall } from "../core/limits.ts";
import { byId, type ClaimedRow, isolateFrom, toClaimed } from "./claimed-row.ts";
import { transaction } from "./pool.ts";
import { statement } from "./sql.ts";

const lease = ["token", "owner", "leaseMs"] as const;
const claimParameters = [...lease, "limit", "after", "tenantsPerClaim", "recipientsPerBatch", "probe"] as const;
const claimRows = {
  new: statement("claim-new", claimParameters),
  failed: statement("claim-failed", claimParameters),
  scheduled: statement("claim-scheduled", claimParameters),
} as const;
const claimBatchRows = statement("claim-batch-rows", [...lease, "batches"]);
const rescueRows = statement("rescue", [...lease, "limit", "isolateFrom", "probe"]);
const rescueIsolatedRow = statement("rescue-isolated", [...lease, "isolateFrom", "probe"]);
const hasPoisonRows = statement("has-poison-rows", ["isolateFrom"]);
const deadLetterExpired = statement("dead-letter-expired", ["limit"]);
const deleteEmptyLeases = statement("delete-empty-leases", []);
const probeFree = statement("breaker-probe-free", []);
const takeProbe = statement("breaker-probe-take", ["probeMs"]);
const releaseRows = statement("release", ["token", "ids"]);
const releaseAllRows = statement("release-all", ["owner"]);
const expireLeases = statement("expire-leases", ["owner"]);

/** Tenants that one claim serves at most. */
export const tenantsPerClaim = 16;
/** A batch fills one call. */
export const recipientsPerBatch = maxEventsPerCall;

/** Who claims, and for how long. */
interface Claimant {
  readonly owner: string;
  readonly leaseMs: number;
  /** The pool, or for the probe the transaction that takes it. */
  readonly db: Pool | PoolClient;
  readonly probe: boolean;
}

/** Claims over Postgres. Each claim has its own token, the fencing token that every later write names. */
export function createClaims(pool: Pool): ClaimPort {
  const claimAfter = createRotation();
  const by = (owner: string, leaseMs: number): Claimant => ({ owner, leaseMs, db: pool, probe: false });
  return {
    claim: (kind, owner, leaseMs, limit) => claimAfter(by(owner, leaseMs), kind, limit),
    async rescue(owner, leaseMs, limit) {
      const dead = (await pool.query(deadLetterExpired.query({ limit }))).rowCount ?? 0;
      // Before the rescue: an error here must not cost rows an attempt that is never made.
      await pool.query(deleteEmptyLeases.query({}));
      const claim = await rescue(by(owner, leaseMs), limit);
      const found = await pool.query<{ poison_rows: boolean }>(hasPoisonRows.query({ isolateFrom }));
      return { ...claim, dead, poisonRows: found.rows[0]?.poison_rows ?? false };
    },
    rescueIsolated: (owner, leaseMs) => rescueIsolated(by(owner, leaseMs)),
    claimProbe: (kind, owner, leaseMs, probeMs) =>
      transaction(pool, async (db) => {
        if ((await db.query(probeFree.query({}))).rows.length === 0) return "held";
        const claimant = { owner, leaseMs, db, probe: true };
        const claim = kind === "rescue" ? await rescueOne(claimant) : await claimAfter(claimant, kind, 1);
        // The sending pause does not change, so no worker is notified.
        if (claim.rows.length === 0) return "nothing due";
        const { rows } = await db.query<{ probe: string }>(takeProbe.query({ probeMs }));
        return { ...claim, probe: rows[0]?.probe ?? "" };
      }),
    release: async (token, ids) => (await pool.query(releaseRows.query({ token, ids }))).rowCount ?? 0,
    releaseAll: async (owner) => (await pool.query(releaseAllRows.query({ owner }))).rowCount ?? 0,
    expire: (owner) => transaction(pool, (client) => expire(client, owner)),
  };
}

/** Claims rows of the tenants after those that the kind's last claim served. */
function createRotation() {
  const after: Record<ClaimKind, string> = { new: "", failed: "", scheduled: "" };
  return async function claimAfter(claimant: Claimant, kind: ClaimKind, limit: number): Promise<Claim> {
    const { owner, leaseMs, db, probe } = claimant;
    const token = randomUUID();
    const from = after[kind];
    crashPoint("before-claim-commit");
    const values = { token, owner, leaseMs, limit, after: from, tenantsPerClaim, recipientsPerBatch, probe };
    const { rows } = await db.query<ClaimedRow>(claimRows[kind].prepared(values));
    const tenants = [...new Set(rows.map((row) => row.enterprise_id))].sort();
    after[kind] = tenants.length < Math.min(tenantsPerClaim, limit) ? "" : (tenants.at(-1) ?? "");
    // No tenant after the last one has a row due: start from the first tenant again.
    if (rows.length === 0 && from !== "") return claimAfter(claimant, kind, limit);
    return claimOf(token, [...rows, ...(await claimBatchesOf(rows, token, claimant))]);
  };
}

/** The other waiting rows of the calls that the claimed rows may belong to. Claims of failed rows include them already. */
async function claimBatchesOf(rows: readonly ClaimedRow[], token: string, { owner, leaseMs, db }: Claimant) {
  const batches = new Set(rows.filter(({ settled }) => settled !== null).map((row) => row.batch_id));
  if (batches.size === 0) return [];
  return (await db.query<ClaimedRow>(claimBatchRows.query({ token, owner, leaseMs, batches: [...batches] }))).rows;
}

async function rescue({ owner, leaseMs, db, probe }: Claimant, limit: number): Promise<Claim> {
  const token = randomUUID();
  const query = rescueRows.query({ token, owner, leaseMs, limit, isolateFrom, probe });
  return claimOf(token, (await db.query<ClaimedRow>(query)).rows);
}

async function rescueIsolated({ owner, leaseMs, db, probe }: Claimant): Promise<Claim> {
  const token = randomUUID();
  const query = rescueIsolatedRow.query({ token, owner, leaseMs, isolateFrom, probe });
  return claimOf(token, (await db.query<ClaimedRow>(query)).rows);
}

async function rescueOne(claimant: Claimant): Promise<Claim> {
  const claim = await rescue(claimant, 1);
  return claim.rows.length > 0 ? claim : await rescueIsolated(claimant);
}

async function expire(client: PoolClient, owner: string): Promise<{ gone: boolean; rows: number }> {
  // The worker's listener holds this lock while the worker is connected: see outbox/listener.ts.
  const lock = "SELECT pg_try_advisory_xact_lock($1) AS gone";
  const { rows } = await client.query<{ gone: boolean }>(lock, [workerLock(owner)]);
  if (rows[0]?.gone !== true) return { gone: false, rows: 0 };
  return { gone: true, rows: (await client.query(expireLeases.query({ owner }))).rowCount ?? 0 };
}

const claimOf = (token: string, rows: readonly ClaimedRow[]): Claim => ({
  token,
  rows: rows.map(toClaimed).sort(byId),
});

/** Key of the advisory lock that a worker holds while it lives: a bigint derived from its name. */
export const workerLock = (owner: string): string =>
  createHash("sha256").update(`xnovu worker ${owner}`).digest().readBigInt64BE().toString();
