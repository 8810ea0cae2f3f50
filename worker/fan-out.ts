import type { ClaimPort, DeliveryPort } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ClaimedNotification } from "../core/notification.ts";
import { traceIdOf } from "../core/traceparent.ts";
import type { TracingPort } from "../core/tracing/port.ts";
import { claimWorkflowId } from "./temporal/contract.ts";
import type { StartClaim } from "./temporal/temporal-workers.ts";

/** A notification with more recipients gets a Temporal workflow of its own, so that the worker session does not wait for it. */
const fanOutFrom = 500;

export interface FanOutOptions {
  readonly outbox: Pick<DeliveryPort, "startFanOut">;
  readonly claims: Pick<ClaimPort, "release">;
  readonly leaseMs: number;
  /** Undefined while Temporal is away. */
  readonly startClaim: () => StartClaim | undefined;
  readonly tracing: TracingPort | undefined;
  readonly log: Logger;
}

export interface FanOut {
  /** The rows that get a workflow of their own; none while Temporal is away. */
  select(rows: readonly ClaimedNotification[]): readonly ClaimedNotification[];
  /** Moves a row of a claim to a new workflow. Releases it when Temporal does not start the workflow. */
  start(token: string, row: ClaimedNotification): Promise<void>;
}

export function createFanOut({ outbox, claims, leaseMs, startClaim, tracing, log }: FanOutOptions): FanOut {
  return {
    select: (rows) =>
      startClaim() === undefined ? [] : rows.filter(({ recipients }) => recipients.length > fanOutFrom),
    async start(token, row) {
      const { id, traceparent } = row;
      const own = await outbox.startFanOut(token, [id], leaseMs);
      if (own === undefined) return;
      const workflowId = claimWorkflowId(own);
      const ended = tracing?.startFanOut(row, workflowId);
      try {
        const start = startClaim();
        if (start === undefined) throw new Error("Temporal is away");
        await start(own);
        ended?.(true);
      } catch (error) {
        ended?.(false);
        const ids = { notification: id, workflowId, ...(traceparent ? { trace_id: traceIdOf(traceparent) } : {}) };
        log.warn({ ...ids, error: messageOf(error) }, "a workflow could not be started; its notification was released");
        await claims.release(own, [id]);
      }
    },
  };
}
