import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { ClaimKind, ClaimPort } from "../core/delivery.ts";
import { sql } from "./sql.ts";

const claimSql: Readonly<Record<ClaimKind, string>> = {
  new: sql("claim-new"),
  failed: sql("claim-failed"),
  scheduled: sql("claim-scheduled"),
};
const takeOver = sql("take-over");
const buryExpired = sql("bury-expired");
const releaseSql = sql("release");
const releaseAllSql = sql("release-all");

/** Claims over Postgres. Every claim has a token of its own, the fencing token that all later writes name. */
export function createClaims(pool: Pool): ClaimPort {
  const countOf = async (text: string, values: unknown[]): Promise<number> =>
    (await pool.query(text, values)).rowCount ?? 0;
  return {
    async claim(kind, owner, leaseMs, limit) {
      const token = randomUUID();
      return { token, count: await countOf(claimSql[kind], [token, owner, leaseMs, limit]) };
    },
    async sweep(owner, leaseMs, limit) {
      const token = randomUUID();
      const dead = await countOf(buryExpired, [limit]);
      return { token, dead, count: await countOf(takeOver, [token, owner, leaseMs, limit]) };
    },
    release: (token) => countOf(releaseSql, [token, null]),
    releaseAll: (owner) => countOf(releaseAllSql, [owner]),
  };
}
