import { messageOf } from "../../core/errors.ts";
import { switchTo } from "./edge.ts";
import { titleOf } from "./names.ts";
import { type Container, containers, removeContainers } from "./pair.ts";
import { planStop } from "./plan.ts";
import { planEdgeState } from "./plan-server.ts";
import { removeRelease } from "./prune.ts";
import { isKept, type Releases, releasesOf } from "./releases.ts";
import { ask, must, type Server } from "./server.ts";
import type { Session } from "./session.ts";

/** What a killed command left on the server. Pure. */
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

/** Puts the server back to what the journal says is live, and gives what holds then. */
export async function recover(session: Session, server: Server): Promise<Releases> {
  const releases = releasesOf(session.journal());
  const { unfinished, live } = releases;
  const { stop, remove } = leftovers(await containers(server), releases);
  if (unfinished === undefined && stop.length + remove.length === 0) return releases;
  server.note("clearing away what an interrupted command left");
  // It may have been killed between telling the edge and writing the journal. Where what is live has ended, only the next release helps.
  if (unfinished !== undefined && live !== undefined && (await ask(planEdgeState(), server)).stdout.trim() === "true")
    await switchTo(server, { release: live.id, slot: live.slot }).catch((error: unknown) =>
      server.note(`warning: ${messageOf(error)}`),
    );
  if (stop.length > 0) await must(planStop(stop.map(({ name }) => name)), server);
  await removeContainers(remove, server);
  if (unfinished === undefined) return releases;
  const { action, release, from } = unfinished;
  if (action === "deploy") await removeRelease(release, server);
  server.note(`${action} of ${titleOf(release)}, begun ${unfinished.at} by ${unfinished.by}, was interrupted`);
  await session.write({ action, release, from, outcome: "interrupted" });
  return releasesOf(session.journal());
}
