import { emptyOther, switchTo } from "./edge.ts";
import { type Live, otherSlot } from "./edge-config.ts";
import type { Entry } from "./journal.ts";
import { titleOf } from "./names.ts";
import { stopPair } from "./pair.ts";
import type { Releases } from "./releases.ts";
import { type Server, uninterrupted } from "./server.ts";
import type { Session } from "./session.ts";

/** The part that deploy and rollback share: a healthy pair gets the requests, and the one before is drained. Not to be interrupted. */
export async function goLive(
  session: Session,
  given: Server,
  what: Pick<Entry, "action" | "release" | "from">,
  before: Releases["live"],
  drainMs: number,
): Promise<void> {
  const server = uninterrupted(given);
  const live: Live = { release: what.release, slot: otherSlot(before?.slot) };
  await switchTo(server, live);
  await session.write({ ...what, outcome: "live", slot: live.slot });
  server.note(`${titleOf(live.release)} has the requests`);
  if (before === undefined) return;
  server.note(`draining ${titleOf(before.id)}`);
  const faults = (await emptyOther(server, live, drainMs))
    ? []
    : [`requests were still under way at ${titleOf(before.id)} after ${drainMs / 1000} s`];
  faults.push(...(await stopPair(before.id, server)));
  for (const fault of faults) server.note(`warning: ${fault}`);
  await session.write({ ...what, outcome: "drained", ...(faults.length === 0 ? {} : { reason: faults.join("; ") }) });
}
