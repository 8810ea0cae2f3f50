import { containers, removeContainers } from "./containers.ts";
import { imageOf, titleOf } from "./names.ts";
import { planImages, planPruneNetworks, planRemoveImage } from "./release-plan.ts";
import { releasesOf, toPrune, unusedReferences } from "./releases.ts";
import { mustRun, runOn, type Server } from "./server.ts";
import type { ServerLock } from "./server-lock.ts";

/** Removes the oldest releases and their images; `keep` releases stay. */
export async function prune(lock: ServerLock, server: Server, keep: number): Promise<void> {
  const before = releasesOf(lock.auditLog());
  for (const release of toPrune(before, keep)) {
    await removeRelease(release, server);
    await lock.write({ action: "prune", release, from: before.live?.id ?? null, outcome: "pruned" });
    server.note(`${titleOf(release)} was removed; ${keep} releases are kept`);
  }
  const images = (await mustRun(planImages(), server)).split("\n");
  for (const reference of unusedReferences(releasesOf(lock.auditLog()), images))
    await runOn(planRemoveImage(reference), server);
}

/** Removes a release's containers, networks and image. Missing ones are ignored. */
export async function removeRelease(id: number, server: Server): Promise<void> {
  await removeContainers(
    (await containers(server)).filter(({ release }) => release === id),
    server,
  );
  await runOn(planPruneNetworks(id), server);
  await runOn(planRemoveImage(imageOf(id)), server);
}
