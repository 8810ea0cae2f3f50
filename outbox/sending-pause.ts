import type { Pool } from "pg";
import type { SendingPausePort, SendingPauseState } from "../core/delivery.ts";
import { sql } from "./sql.ts";

const readSql = sql("pause-read");
const closeSql = sql("pause-start");
const openBreakerSql = sql("breaker-open");
const openSql = sql("breaker-close");
const endProbeSql = sql("breaker-probe-end");

interface SendingPauseRow {
  paused_ms: number;
  reason: string | null;
  needs_person: boolean;
  breaker_opens: number;
  probe_ms: number;
  since: Date | null;
}

/** The sending pause over Postgres: its clock decides, and a claim by any worker looks at it. */
export function createSendingPause(pool: Pool): SendingPausePort {
  let asked = 0;
  let newest = { order: 0, state: stateOf(undefined) };
  /** Answers over several connections may overtake each other: one that comes after a later question's is no news, and that one's stands. */
  async function read(): Promise<SendingPauseState> {
    const order = ++asked;
    const { rows } = await pool.query<SendingPauseRow>(readSql);
    if (order > newest.order) newest = { order, state: stateOf(rows[0]) };
    return newest.state;
  }
  const change = async (text: string, values: unknown[]): Promise<SendingPauseState> => {
    await pool.query(text, values);
    return await read();
  };
  return {
    read,
    // Novu's words may hold U+0000, which Postgres' texts cannot.
    pause: (ms, reason, needsPerson) => change(closeSql, [ms, reason.replaceAll("\0", ""), needsPerson]),
    openBreaker: (reason, { baseMs, maxMs, leastMs }) =>
      change(openBreakerSql, [reason.replaceAll("\0", ""), baseMs, maxMs, Math.random(), leastMs]),
    closeBreaker: () => change(openSql, []),
    endProbe: (probe) => change(endProbeSql, [probe]),
  };
}

const stateOf = (row: SendingPauseRow | undefined): SendingPauseState => ({
  pausedMs: Math.ceil(row?.paused_ms ?? 0),
  reason: row?.reason ?? null,
  needsPerson: row?.needs_person ?? false,
  breakerOpens: row?.breaker_opens ?? 0,
  probeMs: Math.ceil(row?.probe_ms ?? 0),
  ...(row?.since && row.paused_ms > 0 ? { since: row.since.toISOString() } : {}),
});
