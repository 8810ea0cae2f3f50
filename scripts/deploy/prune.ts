import { imageOf, titleOf } from "./names.ts";
import { containers, removeContainers } from "./pair.ts";
import { planImages, planPruneNetworks, planRemoveImage } from "./plan.ts";
import { releasesOf, toPrune, unusedReferences } from "./releases.ts";
import { ask, must, type Server } from "./server.ts";
import type { Session } from "./session.ts";

/** Removes the oldest releases with their images, so that `keep` stay. */
export async function prune(session: Session, server: Server, keep: number): Promise<void> {
  const before = releasesOf(session.journal());
  for (const release of toPrune(before, keep)) {
    await removeRelease(release, server);
    await session.write({ action: "prune", release, from: before.live?.id ?? null, outcome: "pruned" });
    server.note(`${titleOf(release)} is removed, ${keep} releases are kept`);
  }
  const images = (await must(planImages(), server)).split("\n");
  for (const reference of unusedReferences(releasesOf(session.journal()), images))
    await ask(planRemoveImage(reference), server);
}

/** Containers, networks and image of one that is not kept. What is not there is no fault. */
export async function removeRelease(id: number, server: Server): Promise<void> {
  await removeContainers(
    (await containers(server)).filter(({ release }) => release === id),
    server,
  );
  await ask(planPruneNetworks(id), server);
  await ask(planRemoveImage(imageOf(id)), server);
}
