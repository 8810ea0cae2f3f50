import { UsageError } from "../../core/errors.ts";
import { ensureEdge } from "./edge.ts";
import { drain, takeOver } from "./go-live.ts";
import { reasonOf } from "./journal.ts";
import { titleOf } from "./names.ts";
import { stopPair, waitHealthy } from "./pair.ts";
import { planAnyImage, planStart } from "./plan.ts";
import { recover } from "./recover.ts";
import { rollbackTarget } from "./releases.ts";
import { must, type Server, uninterrupted } from "./server.ts";
import { openSession } from "./session.ts";

export interface RollbackOptions {
  /** The previous one when undefined. */
  readonly asked: number | undefined;
  readonly healthMs: number;
  readonly drainMs: number;
}

/** Gives the number of the release that is live now. @throws XnovuError, with what was live before still serving. */
export async function rollback({ asked, healthMs, drainMs }: RollbackOptions, server: Server): Promise<number> {
  const session = await openSession(server, await anyImage(server), "rollback");
  try {
    const before = await recover(session, server);
    const release = rollbackTarget(before, asked);
    const what = { action: "rollback", release, from: before.live?.id ?? null } as const;
    await session.write({ ...what, outcome: "started" });
    const putAside = async (error: unknown) => {
      const calm = uninterrupted(server);
      await stopPair(release, calm).catch(() => undefined);
      const interrupted = server.options.signal?.aborted === true;
      await session.write({ ...what, outcome: interrupted ? "interrupted" : "failed", reason: reasonOf(error) });
    };
    try {
      await ensureEdge(server, before.live && { release: before.live.id, slot: before.live.slot });
      server.note(`${titleOf(release)}: starting app and worker as they were`);
      await must(planStart(release), server);
      await waitHealthy(release, healthMs, server);
    } catch (error) {
      await putAside(error);
      throw error;
    }
    await takeOver(session, server, what, before.live, putAside);
    await drain(session, server, what, before.live, drainMs);
    return release;
  } finally {
    await session.close();
  }
}

/** @throws UsageError when the engine has none, so that nothing was ever deployed there. */
async function anyImage(server: Server): Promise<string> {
  const image = (await must(planAnyImage(), server)).split("\n")[0];
  if (image) return image;
  throw new UsageError("Nothing is deployed here", "Begin with: pnpm xnovu deploy");
}
