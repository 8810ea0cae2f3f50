import { titleOf } from "./names.ts";
import { containers, removeContainers } from "./pair.ts";
import { planUntag } from "./plan.ts";
import { releasesOf, toPrune } from "./releases.ts";
import { ask, type Server } from "./server.ts";
import type { Session } from "./session.ts";

/** Removes the oldest releases with their images, so that `keep` stay. */
export async function prune(session: Session, server: Server, keep: number): Promise<void> {
  const releases = releasesOf(session.journal());
  for (const release of toPrune(releases, keep)) {
    const own = (await containers(server)).filter((container) => container.release === release);
    await removeContainers(own, server);
    // Its layers stay as long as another tag or release has them.
    await ask(planUntag(release), server);
    await session.write({ action: "prune", release, from: releases.live?.id ?? null, outcome: "pruned" });
    server.note(`${titleOf(release)} is removed, ${keep} releases are kept`);
  }
}
