import type { SendingPauseState } from "../../../core/delivery.ts";
import type { Counts } from "../../../outbox/counts.ts";
import { durationOf } from "../../lib/operations/duration.ts";
import { addressOf } from "../../lib/operations/query.ts";

/** The counts stop at this number, because counting millions of rows is slow. */
const most = 10_000;

export function Backlog({
  counts,
  sendingPause,
}: {
  readonly counts: Counts;
  readonly sendingPause: SendingPauseState;
}) {
  const tiles = [
    ["Due", counts.due, "ready for a worker", "PENDING"],
    ["Scheduled", counts.scheduled, "for later", "PENDING"],
    ["Processing", counts.processing, "claimed by a worker", "PROCESSING"],
    ["Failed", counts.failed, "retried automatically", "FAILED"],
    ["Dead letters", counts.dead, "need a person", "DEAD"],
  ] as const;
  return (
    <>
      <p className={`summary ${sendingPause.pausedMs > 0 ? "down" : "up"}`} role="status">
        {sendingPause.pausedMs > 0
          ? `Sending is paused${sendingPause.needsPerson ? " until someone acts" : ` for ${durationOf(sendingPause.pausedMs)}`}: ${sendingPause.reason ?? "no reason given"}`
          : counts.due === 0
            ? "Nothing is due."
            : `The oldest due notification has waited for ${durationOf(counts.oldestDueMs)}.`}
      </p>
      <ul className="tiles">
        {tiles.map(([name, count, about, status]) => (
          <li key={name} className="card">
            <h3>
              <a href={addressOf({ status })}>{name}</a>
            </h3>
            <p className="number">{count > most ? "10,000+" : count.toLocaleString("en-US")}</p>
            <p className="quiet">{about}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
