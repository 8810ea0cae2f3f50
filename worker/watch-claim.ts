import type { CallReply, Claim, NovuPort, SettleResult } from "../core/delivery.ts";
import type { Logger } from "../core/log.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { ClaimTrace } from "../core/tracing/port.ts";
import type { DeliverDeps } from "./delivery/deliver.ts";
import { measured, type Written } from "./delivery/measured.ts";
import type { Delivered } from "./http/metrics/deliveries.ts";
import type { Metrics } from "./http/metrics.ts";

/** Ids that one log line names at the most. */
const idsInALine = 50;

const outcomeOf = { SENT: "sent", FAILED: "failed", DEAD: "dead", PENDING: "released" } as const;

/** What a claim's delivery is watched with. `workflowId` is the Temporal workflow that carries it. */
export interface ClaimWatch {
  readonly metrics: Pick<Metrics, "delivered">;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly workflowId: string;
  /** Absent where traces are off. */
  readonly trace?: ClaimTrace | undefined;
}

/** The delivery's needs for one claim: its outcomes are measured, and one log line at its end names it, its workflow, its notifications and their traces. */
export function watchClaim(deps: DeliverDeps, { token, rows }: Claim, watch: ClaimWatch): DeliverDeps {
  const { metrics, log, workflowId, trace } = watch;
  const failed: string[] = [];
  const dead: string[] = [];
  const onWritten = (written: readonly Written[]) => {
    metrics.delivered(written.map(deliveredOf));
    for (const { row, to } of written) {
      trace?.settled(row.id, to);
      if (to === "FAILED") failed.push(row.id);
      if (to === "DEAD") dead.push(row.id);
    }
  };
  return {
    ...deps,
    outbox: measured(deps.outbox, rows, onWritten),
    novu: trace === undefined ? deps.novu : traced(deps.novu, trace),
    onSettled(result: SettleResult) {
      deps.onSettled(result);
      const ids = { claim: token, workflowId, ...(trace === undefined ? {} : { trace_id: trace.traceId }) };
      const line = { ...ids, ...result, notifications: named(rows.map(({ id }) => id)), ...tracesOf(rows) };
      const trouble = { ...list("failedIds", failed), ...list("deadIds", dead) };
      // Dead letters wait for a person; the others go on by themselves.
      log[dead.length > 0 ? "warn" : "info"]({ ...line, ...trouble }, "a claim was delivered");
    },
  };
}

const deliveredOf = ({ row: { workflow, attempts, waitedMs }, to, tookMs }: Written): Delivered => ({
  workflow,
  outcome: outcomeOf[to],
  attempt: attempts,
  tookMs,
  sinceDueMs: waitedMs === undefined ? undefined : waitedMs + tookMs,
});

/** A span for each call, told to Novu by the header `traceparent`. */
const traced = (novu: NovuPort, trace: ClaimTrace): NovuPort => ({
  async send(call, signal) {
    const span = trace.call(call.events);
    let end: CallReply["kind"] = "unknown";
    try {
      const reply = await novu.send(call, signal, span);
      end = reply.kind;
      return reply;
    } finally {
      span.end(end);
    }
  },
});

/** The producers' traces, each once. */
function tracesOf(rows: Claim["rows"]) {
  const ids = new Set(rows.flatMap(({ traceparent }) => (traceparent && traceIdOf(traceparent)) || []));
  return list("traceIds", [...ids]);
}

/** The first ids, and how many more there are: a line stays short, and the timeline of each row has the rest. */
const named = (ids: readonly string[]): string[] =>
  ids.length <= idsInALine ? [...ids] : [...ids.slice(0, idsInALine), `and ${ids.length - idsInALine} more`];

const list = (name: string, ids: readonly string[]) => (ids.length === 0 ? {} : { [name]: named(ids) });
