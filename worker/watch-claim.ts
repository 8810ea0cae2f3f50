import type { Claim, SettleResult } from "../core/delivery.ts";
import type { Logger } from "../core/log.ts";
import type { DeliverDeps } from "./delivery/deliver.ts";
import { measured, type Written } from "./delivery/measured.ts";
import type { Metrics } from "./http/metrics.ts";

/** Ids that one log line names at the most. */
const idsInALine = 50;

const outcomeOf = { SENT: "sent", FAILED: "failed", DEAD: "dead", PENDING: "released" } as const;

/** What a claim's delivery is watched with. `workflowId` is the Temporal workflow that carries it. */
export interface ClaimWatch {
  readonly metrics: Pick<Metrics, "delivered">;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly workflowId: string;
}

/** The delivery's needs for one claim: its outcomes are measured, and one log line at its end names it, its workflow and its notifications. */
export function watchClaim(deps: DeliverDeps, { token, rows }: Claim, watch: ClaimWatch): DeliverDeps {
  const { metrics, log, workflowId } = watch;
  const failed: string[] = [];
  const dead: string[] = [];
  const onWritten = (written: readonly Written[]) => {
    for (const { row, to, tookMs } of written) {
      const { workflow, attempts, waitedMs } = row;
      const sinceDueMs = waitedMs === undefined ? {} : { sinceDueMs: waitedMs + tookMs };
      metrics.delivered({ workflow, outcome: outcomeOf[to], attempt: attempts, tookMs, ...sinceDueMs });
      if (to === "FAILED") failed.push(row.id);
      if (to === "DEAD") dead.push(row.id);
    }
  };
  return {
    ...deps,
    outbox: measured(deps.outbox, rows, onWritten),
    onSettled(result: SettleResult) {
      deps.onSettled(result);
      const line = { claim: token, workflowId, ...result, notifications: named(rows.map(({ id }) => id)) };
      const trouble = { ...list("failedIds", failed), ...list("deadIds", dead) };
      // Dead letters wait for a person; the others go on by themselves.
      log[dead.length > 0 ? "warn" : "info"]({ ...line, ...trouble }, "a claim was delivered");
    },
  };
}

/** The first ids, and how many more there are: a line stays short, and the timeline of each row has the rest. */
const named = (ids: readonly string[]): string[] =>
  ids.length <= idsInALine ? [...ids] : [...ids.slice(0, idsInALine), `and ${ids.length - idsInALine} more`];

const list = (name: string, ids: readonly string[]) => (ids.length === 0 ? {} : { [name]: named(ids) });
