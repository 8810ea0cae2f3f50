import type { Pool } from "pg";
import type { GatePort, GateState } from "../core/delivery.ts";
import { sql } from "./sql.ts";

const readSql = sql("gate-read");
const closeSql = sql("gate-close");
const tripSql = sql("gate-trip");
const openSql = sql("gate-open");
const endTrialSql = sql("gate-trial-end");

interface GateRow {
  closed_ms: number;
  reason: string | null;
  needs_person: boolean;
  trips: number;
  trial_ms: number;
  since: Date | null;
}

/** The sending gate over Postgres: its clock decides, and a claim by any worker looks at it. */
export function createGate(pool: Pool): GatePort {
  let asked = 0;
  let newest = { order: 0, state: stateOf(undefined) };
  /** Answers over several connections may overtake each other: one that comes after a later question's is no news, and that one's stands. */
  async function read(): Promise<GateState> {
    const order = ++asked;
    const { rows } = await pool.query<GateRow>(readSql);
    if (order > newest.order) newest = { order, state: stateOf(rows[0]) };
    return newest.state;
  }
  const change = async (text: string, values: unknown[]): Promise<GateState> => {
    await pool.query(text, values);
    return await read();
  };
  return {
    read,
    // Novu's words may hold U+0000, which Postgres' texts cannot.
    close: (ms, reason, needsPerson) => change(closeSql, [ms, reason.replaceAll("\0", ""), needsPerson]),
    trip: (reason, { baseMs, maxMs, leastMs }) =>
      change(tripSql, [reason.replaceAll("\0", ""), baseMs, maxMs, Math.random(), leastMs]),
    succeeded: () => change(openSql, []),
    endTrial: (trial) => change(endTrialSql, [trial]),
  };
}

const stateOf = (row: GateRow | undefined): GateState => ({
  closedMs: Math.ceil(row?.closed_ms ?? 0),
  reason: row?.reason ?? null,
  needsPerson: row?.needs_person ?? false,
  trips: row?.trips ?? 0,
  trialMs: Math.ceil(row?.trial_ms ?? 0),
  ...(row?.since && row.closed_ms > 0 ? { since: row.since.toISOString() } : {}),
});
