import { type PollOptions, probePoll } from "./claim-poll.ts";
import type { PollResult } from "./loop.ts";

/**
 * One poll of the rescue loop. Claims whose lease expired continue under a new token; rows without attempts left go to the dead letters.
 *
 * A row that expired more than once is a poison row: it may be what crashes its workers. It is delivered in isolation, so that only the row which
 * crashes workers uses up its attempts. That may take long, so the poll does not wait for it: the next poll does, before it gets its slot.
 */
export function rescuePoll(options: PollOptions): (signal: AbortSignal) => Promise<PollResult> {
  const { claims, owner, leaseMs, size, inFlight, probe, onClaim } = options;
  let isolatedPoll: Promise<PollResult | undefined> = Promise.resolve("found");
  const deliverIsolated = async (): Promise<PollResult> => {
    const { token, rows } = await claims.rescueIsolated(owner, leaseMs);
    if (rows.length === 0) return "idle";
    onClaim("rescue", rows.length, 0);
    await options.deliver({ token, rows }, { isolated: true });
    return "found";
  };
  return async (signal) => {
    if (signal.aborted) return "idle";
    // An error of the last isolated delivery (Postgres is away) is an error of this poll.
    const last = await isolatedPoll.finally(() => {
      isolatedPoll = Promise.resolve("found");
    });
    const limit = size.limit();
    const { dead, poisonRows, ...claim } = await claims.rescue(owner, leaseMs, limit);
    const count = claim.rows.length;
    if (count > 0 || dead > 0) onClaim("rescue", count, dead);
    if (count > 0) inFlight.track(options.deliver(claim));
    if (count > 0 || dead >= limit) return "found";
    // The rescue loop may be the only one with a row to probe with.
    if (probe.required()) await inFlight.settled(signal);
    if (signal.aborted) return "idle";
    if (probe.required()) return await probePoll("rescue", options);
    // "idle": another worker took the last poison row first, and it takes the next one as well.
    if (!poisonRows || last === "idle") return "idle";
    isolatedPoll = inFlight.exclusive(signal, deliverIsolated);
    isolatedPoll.catch(() => undefined);
    return "found";
  };
}
