import { messageOf } from "../../core/errors.ts";
import { type Container, containers, removeContainers } from "./containers.ts";
import { titleOf } from "./names.ts";
import { switchTo } from "./proxy.ts";
import { removeRelease } from "./prune.ts";
import { planStop } from "./release-plan.ts";
import { isKept, type Releases, releasesOf } from "./releases.ts";
import { mustRun, runOn, type Server } from "./server.ts";
import type { ServerLock } from "./server-lock.ts";
import { planProxyState } from "./server-plan.ts";

/** The containers that a killed command left on the server. Pure. */
export function leftovers(
  found: readonly Container[],
  { all, live }: Releases,
): { stop: Container[]; remove: Container[] } {
  const kept = (id: number) => all.some((release) => release.id === id && isKept(release));
  const others = found.filter(({ release }) => release !== live?.id);
  return {
    stop: others.filter(({ release, running }) => kept(release) && running),
    remove: others.filter(({ release }) => !kept(release)),
  };
}

/** Restores the live release that the audit log names, and returns the state of all releases afterwards. */
export async function recover(lock: ServerLock, server: Server): Promise<Releases> {
  const releases = releasesOf(lock.auditLog());
  const { unfinished, live } = releases;
  const { stop, remove } = leftovers(await containers(server), releases);
  if (unfinished === undefined && stop.length + remove.length === 0) return releases;
  server.note("cleaning up after an interrupted command");
  // The command may have been killed after it switched the proxy and before it wrote the audit log. The switch back fails when the live release has ended.
  if (
    unfinished !== undefined &&
    live !== undefined &&
    (await runOn(planProxyState(), server)).stdout.trim() === "true"
  )
    await switchTo(server, { release: live.id, slot: live.slot }).catch((error: unknown) =>
      server.note(`warning: ${messageOf(error)}`),
    );
  if (stop.length > 0) await mustRun(planStop(stop.map(({ name }) => name)), server);
  await removeContainers(remove, server);
  if (unfinished === undefined) return releases;
  const { action, release, from } = unfinished;
  if (action === "deploy") await removeRelease(release, server);
  server.note(`${action} of ${titleOf(release)}, started at ${unfinished.at} by ${unfinished.by}, was interrupted`);
  await lock.write({ action, release, from, outcome: "interrupted" });
  return releasesOf(lock.auditLog());
}
