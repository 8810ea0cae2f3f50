import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { retry } from "../core/time.ts";
import { isTemporalUnavailable } from "./temporal/connect.ts";
import { workflowBundle } from "./temporal/runtime.ts";
import { runTemporalWorkers, type StartClaim } from "./temporal/temporal-workers.ts";
import type { Wired, WorkerSettings } from "./wire.ts";

const backoff = { minMs: 250, baseMs: 500, maxMs: 10_000 };
/** Part of the shutdown timeout that activities get before Temporal cancels them. */
const graceShare = 0.7;

/** The Temporal component: runs the Temporal workers, and reconnects while Temporal cannot be reached. */
export async function runTemporal(
  { owner, work, state, components }: Pick<Wired, "owner" | "work" | "state" | "components">,
  { temporal: settings, worker }: WorkerSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const bundle = await workflowBundle(log);
  const graceMs = Math.round(worker.shutdownTimeoutMs * graceShare);
  const down = (reason: string) => {
    state.startClaim = undefined;
    components.set("temporal", "down", `${settings.address} ${reason}`);
  };
  const run = async (reset: () => void) => {
    const onUp = (start: StartClaim) => {
      reset();
      state.startClaim = start;
      components.set("temporal", "up");
    };
    // The worker session stays open until the server takes it away.
    const onDown = (reason: string) => down(`does not respond: ${reason}`);
    const options = { settings, owner, graceMs, ...work, server: { onUp, onDown } };
    await runTemporalWorkers(options, bundle, signal).finally(() => {
      state.startClaim = undefined;
    });
  };
  await retry(run, {
    isTransient: isTemporalUnavailable,
    backoff,
    onFailure: (error) => down(`cannot be reached: ${messageOf(error)}`),
    signal,
  });
}
