import { type Entry, parseAuditLog } from "./audit-log.ts";
import { planAnyImage } from "./release-plan.ts";
import { type Releases, releasesOf } from "./releases.ts";
import { mustRun, runOn, type Server } from "./server.ts";
import { planHasVolume, planPeek } from "./server-plan.ts";

/** Reads the audit log without taking the lock. Empty on a server without a deployment. */
export async function readReleases(server: Server): Promise<{ entries: readonly Entry[]; found: Releases }> {
  // First, so that an engine that does not respond is reported as such.
  const image = (await mustRun(planAnyImage(), server)).split("\n")[0];
  const there = image !== undefined && image !== "" && (await runOn(planHasVolume(), server)).ok;
  const entries = there ? parseAuditLog(await mustRun(planPeek(image), server, "Reading the server's audit log")) : [];
  return { entries, found: releasesOf(entries) };
}
