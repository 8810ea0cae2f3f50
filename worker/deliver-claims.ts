import type { Claim, SendingPausePort, SettleResult } from "../core/delivery.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type DeliverDeps, type DeliveryRun, deliver } from "./delivery/deliver.ts";
import { probeMayCall } from "./delivery/probe.ts";
import type { Watchdog, WatchedDelivery } from "./delivery/watchdog.ts";
import type { FanOut } from "./fan-out.ts";
import type { PauseView } from "./lifecycle/sending-pause.ts";
import type { ObserveClaim } from "./observe-claim.ts";
import type { DeliveryMode } from "./poll/claim-poll.ts";
import type { InFlight } from "./poll/in-flight.ts";
import type { Throughput } from "./poll/throughput.ts";
import { claimWorkflowId, sessionWorkflowId } from "./temporal/contract.ts";

export interface DeliveriesOptions {
  readonly owner: string;
  readonly deps: DeliverDeps;
  readonly inFlight: Pick<InFlight, "concurrent">;
  readonly sendingPause: Pick<PauseView, "current" | "mustProbe" | "mayCall" | "update" | "refresh">;
  readonly endProbe: SendingPausePort["endProbe"];
  readonly watchdog: Pick<Watchdog, "begin">;
  readonly throughput: Pick<Throughput, "claimed">;
  readonly observe: ObserveClaim;
  readonly fanOut: FanOut;
}

export interface Deliveries {
  /** Delivers a claim in this worker's session. */
  deliverClaim(claim: Claim, mode?: DeliveryMode): Promise<void>;
  /** Delivers a claim of a fan-out workflow, of which only the token is known. `again`: an earlier attempt did not end. */
  deliverToken(token: string, again: boolean, signal: AbortSignal): Promise<SettleResult>;
}

/** The three ways in which a claim is delivered: in the worker session, as a probe, or by a fan-out workflow. */
export function createDeliveries(options: DeliveriesOptions, log: Pick<Logger, "error">): Deliveries {
  const { owner, deps, inFlight, sendingPause, watchdog, throughput } = options;
  return {
    async deliverClaim(claim, { probe, isolated = false } = {}) {
      const recipients = claim.rows.reduce((sum, row) => sum + row.recipients.length, 0);
      throughput.claimed(claim.rows.length, recipients);
      const watched = watchdog.begin();
      try {
        if (probe !== undefined) await deliverProbe(options, claim, probe, watched);
        else await deliverInSession(options, claim, isolated, watched);
      } catch (error) {
        const ids = { claim: claim.token, workflowId: sessionWorkflowId(owner) };
        log.error({ ...ids, error: messageOf(error) }, "delivery of a claim failed; the rescue loop takes it over");
        throw error;
      } finally {
        watched.end();
      }
    },

    deliverToken: (token, again, signal) =>
      inFlight.concurrent(signal, async () => {
        signal.throwIfAborted();
        // It may have waited long, and a notification of a pause may have been lost: the database knows.
        const adopting = deps.outbox.adopt(token, deps.limits.leaseMs, again);
        const [rows] = await Promise.all([adopting, sendingPause.refresh()]);
        const watched = watchdog.begin();
        const run = { workflowId: claimWorkflowId(token), signal, mayCall: sendingPause.mayCall };
        return await deliverObserved(options, { token, rows }, run, watched).finally(watched.end);
      }),
  };
}

type ObservedRun = Omit<DeliveryRun, "observer"> & { readonly workflowId: string };

async function deliverObserved(
  { observe, deps }: DeliveriesOptions,
  claim: Claim,
  { workflowId, ...run }: ObservedRun,
  watched: WatchedDelivery,
  concurrency = deps.limits.concurrency,
): Promise<SettleResult> {
  const observer = observe(claim, workflowId, watched);
  const limits = { ...deps.limits, concurrency };
  return await deliver({ ...deps, limits }, claim, { ...run, observer }).finally(observer.end);
}

const never = new AbortController().signal;

/** Delivers a claim, and starts a workflow for each row with many recipients; the session itself delivers those while Temporal is away, or isolated. */
async function deliverInSession(
  options: DeliveriesOptions,
  claim: Claim,
  isolated: boolean,
  watched: WatchedDelivery,
): Promise<void> {
  const { owner, fanOut, sendingPause } = options;
  const long = isolated ? [] : fanOut.select(claim.rows);
  const rows = long.length === 0 ? claim.rows : claim.rows.filter((row) => !long.includes(row));
  const queue = long.values();
  const start = async () => {
    for (const row of queue) await fanOut.start(claim.token, row).finally(watched.progressed);
  };
  const run = { workflowId: sessionWorkflowId(owner), signal: never, mayCall: sendingPause.mayCall };
  // At the same time: Temporal takes tens of milliseconds to start a workflow, and the other rows need not wait for it.
  const sent = deliverObserved(options, { ...claim, rows }, run, watched);
  await Promise.all([sent, start(), start(), start(), start()]);
}

/** Delivers the probe in the session: a fan-out workflow might wait while all workers wait for the probe. */
async function deliverProbe(
  options: DeliveriesOptions,
  claim: Claim,
  probe: string,
  watched: WatchedDelivery,
): Promise<void> {
  const { owner, sendingPause, endProbe } = options;
  const run = { workflowId: sessionWorkflowId(owner), signal: never, mayCall: probeMayCall(sendingPause) };
  try {
    await deliverObserved(options, claim, run, watched, 1);
  } finally {
    // No result, for example a replayed error: the next probe may start. While Postgres is away, the probe times out.
    if (sendingPause.mustProbe()) await endProbe(probe).then(sendingPause.update, () => undefined);
  }
}
