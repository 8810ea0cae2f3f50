import { messageOf } from "../../core/errors.ts";
import type { Entry } from "./audit-log.ts";
import { stopRelease } from "./containers.ts";
import { titleOf } from "./names.ts";
import { emptyOther, switchTo } from "./proxy.ts";
import { type Live, otherSlot } from "./proxy-config.ts";
import type { Releases } from "./releases.ts";
import { type Server, uninterrupted } from "./server.ts";
import type { ServerLock } from "./server-lock.ts";

// The steps that deploy and rollback share once their release is healthy. An interrupt does not stop them.

export type Action = Pick<Entry, "action" | "release" | "from">;
type Before = Releases["live"];

const liveOf = (before: NonNullable<Before>): Live => ({ release: before.id, slot: before.slot });

/**
 * Routes all new requests to the release and records it in the audit log. On an error it routes them back and calls `undo`.
 *
 * @throws that error. When routing back fails too, throws that second error and leaves both releases running: the next command cleans up.
 */
export async function takeOver(
  lock: ServerLock,
  given: Server,
  what: Action,
  before: Before,
  undo: (error: unknown) => Promise<void>,
): Promise<void> {
  const server = uninterrupted(given);
  const live: Live = { release: what.release, slot: otherSlot(before?.slot) };
  try {
    await switchTo(server, live);
    await lock.write({ ...what, outcome: "live", slot: live.slot });
  } catch (error) {
    server.note(`warning: ${messageOf(error)}`);
    if (before !== undefined) await switchTo(server, liveOf(before));
    await undo(error);
    throw error;
  }
  server.note(`${titleOf(live.release)} receives all new requests`);
}

/** Stops the previous release once its requests have ended. Reports and records what did not end cleanly. */
export async function drain(
  lock: ServerLock,
  given: Server,
  what: Action,
  before: Before,
  limitMs: number,
): Promise<void> {
  if (before === undefined) return;
  const server = uninterrupted(given);
  server.note(`draining ${titleOf(before.id)}`);
  const problems = (await emptyOther(server, otherSlot(before.slot), limitMs))
    ? []
    : [`requests were still in progress at ${titleOf(before.id)} after ${limitMs / 1000} s`];
  problems.push(...(await stopRelease(before.id, server)));
  for (const problem of problems) server.note(`warning: ${problem}`);
  await lock.write({
    ...what,
    outcome: "drained",
    ...(problems.length === 0 ? {} : { reason: problems.join("; ") }),
  });
}
