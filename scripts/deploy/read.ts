import { type Entry, parseJournal } from "./journal.ts";
import { planAnyImage } from "./plan.ts";
import { planHasVolume, planPeek } from "./plan-server.ts";
import { type Releases, releasesOf } from "./releases.ts";
import { ask, must, type Server } from "./server.ts";

/** The journal as it is now, without the lock. Empty where nothing was deployed. */
export async function readReleases(server: Server): Promise<{ journal: readonly Entry[]; found: Releases }> {
  // First, so that an engine that does not answer is told as that.
  const image = (await must(planAnyImage(), server)).split("\n")[0];
  const there = image !== undefined && image !== "" && (await ask(planHasVolume(), server)).ok;
  const journal = there ? parseJournal(await must(planPeek(image), server, "Reading the server's journal")) : [];
  return { journal, found: releasesOf(journal) };
}
