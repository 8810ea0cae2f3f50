import type { Pool, QueryConfig } from "pg";
import type { SendingPausePort, SendingPauseState } from "../core/delivery.ts";
import { withoutNul } from "./rows.ts";
import { statement } from "./sql.ts";

const readPause = statement("pause-read", []);
const startPause = statement("pause-start", ["pauseMs", "reason", "needsPerson"]);
const openBreaker = statement("breaker-open", ["reason", "baseMs", "maxMs", "jitter", "leastMs"]);
const closeBreaker = statement("breaker-close", []);
const endProbe = statement("breaker-probe-end", ["probe"]);

interface SendingPauseRow {
  paused_ms: number;
  reason: string | null;
  needs_person: boolean;
  breaker_opens: number;
  probe_ms: number;
  since: Date | null;
}

/** The sending pause over Postgres. Every claim of every worker reads it, and the clock of the database decides. */
export function createSendingPause(pool: Pool): SendingPausePort {
  let reads = 0;
  let newest = { order: 0, state: stateOf(undefined) };
  /** Replies over several connections may overtake each other. The reply to the latest query wins. */
  async function read(): Promise<SendingPauseState> {
    const order = ++reads;
    const { rows } = await pool.query<SendingPauseRow>(readPause.query({}));
    if (order > newest.order) newest = { order, state: stateOf(rows[0]) };
    return newest.state;
  }
  const change = async (query: QueryConfig): Promise<SendingPauseState> => {
    await pool.query(query);
    return await read();
  };
  return {
    read,
    pause: (pauseMs, reason, needsPerson) =>
      change(startPause.query({ pauseMs, reason: withoutNul(reason), needsPerson })),
    openBreaker: (reason, { baseMs, maxMs, leastMs }) =>
      change(openBreaker.query({ reason: withoutNul(reason), baseMs, maxMs, jitter: Math.random(), leastMs })),
    closeBreaker: () => change(closeBreaker.query({})),
    endProbe: (probe) => change(endProbe.query({ probe })),
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
