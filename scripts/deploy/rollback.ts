import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "./audit-log.ts";
import { stopRelease, waitHealthy } from "./containers.ts";
import { drain, takeOver } from "./go-live.ts";
import { titleOf } from "./names.ts";
import { ensureProxy } from "./proxy.ts";
import { recover } from "./recover.ts";
import { planAnyImage, planStart } from "./release-plan.ts";
import { rollbackTarget } from "./releases.ts";
import { mustRun, type Server, uninterrupted } from "./server.ts";
import { takeLock } from "./server-lock.ts";

export interface RollbackOptions {
  /** The previous release when undefined. */
  readonly wanted: number | undefined;
  readonly healthMs: number;
  readonly drainMs: number;
}

/** Returns the number of the new live release. @throws XnovuError; the release that was live before keeps serving. */
export async function rollback({ wanted, healthMs, drainMs }: RollbackOptions, server: Server): Promise<number> {
  const lock = await takeLock(server, await anyImage(server), "rollback");
  try {
    const before = await recover(lock, server);
    const release = rollbackTarget(before, wanted);
    const what = { action: "rollback", release, from: before.live?.id ?? null } as const;
    await lock.write({ ...what, outcome: "started" });
    const undo = async (error: unknown) => {
      const cleanup = uninterrupted(server);
      await stopRelease(release, cleanup).catch(() => undefined);
      const interrupted = server.options.signal?.aborted === true;
      await lock.write({ ...what, outcome: interrupted ? "interrupted" : "failed", reason: reasonOf(error) });
    };
    try {
      await ensureProxy(server, before.live && { release: before.live.id, slot: before.live.slot });
      server.note(`${titleOf(release)}: starting its app and worker again`);
      await mustRun(planStart(release), server);
      await waitHealthy(release, healthMs, server);
    } catch (error) {
      await undo(error);
      throw error;
    }
    await takeOver(lock, server, what, before.live, undo);
    await drain(lock, server, what, before.live, drainMs);
    return release;
  } finally {
    await lock.close();
  }
}

/** An image for the container that holds the lock. @throws UsageError when the engine has none: nothing was deployed there. */
async function anyImage(server: Server): Promise<string> {
  const image = (await mustRun(planAnyImage(), server)).split("\n")[0];
  if (image) return image;
  throw new UsageError("Nothing is deployed here", "Deploy a release first: pnpm xnovu deploy");
}
