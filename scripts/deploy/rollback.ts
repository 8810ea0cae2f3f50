import { UsageError } from "../../core/errors.ts";
import { reasonOf } from "./audit-log.ts";
import { stopRelease, waitHealthy } from "./containers.ts";
import { drain, takeOver } from "./go-live.ts";
import { titleOf } from "./names.ts";
import { planAnyImage, planStart } from "./plan.ts";
import { ensureProxy } from "./proxy.ts";
import { recover } from "./recover.ts";
import { rollbackTarget } from "./releases.ts";
import { mustRun, type Server, uninterrupted } from "./server.ts";
import { openSession } from "./session.ts";

export interface RollbackOptions {
  /** The previous release when undefined. */
  readonly wanted: number | undefined;
  readonly healthMs: number;
  readonly drainMs: number;
}

/** Returns the number of the new live release. @throws XnovuError; the release that was live before keeps serving. */
export async function rollback({ wanted, healthMs, drainMs }: RollbackOptions, server: Server): Promise<number> {
  const session = await openSession(server, await anyImage(server), "rollback");
  try {
    const before = await recover(session, server);
    const release = rollbackTarget(before, wanted);
    const what = { action: "rollback", release, from: before.live?.id ?? null } as const;
    await session.write({ ...what, outcome: "started" });
    const undo = async (error: unknown) => {
      const cleanup = uninterrupted(server);
      await stopRelease(release, cleanup).catch(() => undefined);
      const interrupted = server.options.signal?.aborted === true;
      await session.write({ ...what, outcome: interrupted ? "interrupted" : "failed", reason: reasonOf(error) });
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
    await takeOver(session, server, what, before.live, undo);
    await drain(session, server, what, before.live, drainMs);
    return release;
  } finally {
    await session.close();
  }
}

/** An image to open the session with. @throws UsageError when the engine has none: nothing was deployed there. */
async function anyImage(server: Server): Promise<string> {
  const image = (await mustRun(planAnyImage(), server)).split("\n")[0];
  if (image) return image;
  throw new UsageError("Nothing is deployed here", "Deploy a release first: pnpm xnovu deploy");
}
