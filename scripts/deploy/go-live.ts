import { messageOf } from "../../core/errors.ts";
import { emptyOther, switchTo } from "./edge.ts";
import { type Live, otherSlot } from "./edge-config.ts";
import type { Entry } from "./journal.ts";
import { titleOf } from "./names.ts";
import { stopPair } from "./pair.ts";
import type { Releases } from "./releases.ts";
import { type Server, uninterrupted } from "./server.ts";
import type { Session } from "./session.ts";

// What deploy and rollback share once their pair is healthy. Not to be interrupted.

export type Action = Pick<Entry, "action" | "release" | "from">;
type Before = Releases["live"];

const liveOf = (before: NonNullable<Before>): Live => ({ release: before.id, slot: before.slot });

/**
 * Gives the pair all new requests and writes that down. What fails on the way is put back.
 *
 * @throws what failed; or, with both pairs left as they are for the next command to put in order, why it could not be put back.
 */
export async function takeOver(
  session: Session,
  given: Server,
  what: Action,
  before: Before,
  putAside: (error: unknown) => Promise<void>,
): Promise<void> {
  const server = uninterrupted(given);
  const live: Live = { release: what.release, slot: otherSlot(before?.slot) };
  try {
    await switchTo(server, live);
    await session.write({ ...what, outcome: "live", slot: live.slot });
  } catch (error) {
    server.note(`warning: ${messageOf(error)}`);
    if (before !== undefined) await switchTo(server, liveOf(before));
    await putAside(error);
    throw error;
  }
  server.note(`${titleOf(live.release)} has the requests`);
}

/** Ends the pair before, once its requests have ended. What does not end as it should is told and written down. */
export async function drain(
  session: Session,
  given: Server,
  what: Action,
  before: Before,
  limitMs: number,
): Promise<void> {
  if (before === undefined) return;
  const server = uninterrupted(given);
  server.note(`draining ${titleOf(before.id)}`);
  const faults = (await emptyOther(server, otherSlot(before.slot), limitMs))
    ? []
    : [`requests were still under way at ${titleOf(before.id)} after ${limitMs / 1000} s`];
  faults.push(...(await stopPair(before.id, server)));
  for (const fault of faults) server.note(`warning: ${fault}`);
  await session.write({ ...what, outcome: "drained", ...(faults.length === 0 ? {} : { reason: faults.join("; ") }) });
}
