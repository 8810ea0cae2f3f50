import type { SendingPauseState } from "../../../core/delivery.ts";
import type { Counts } from "../../../outbox/counts.ts";
import { durationOf } from "../../lib/operations/duration.ts";
import { addressOf } from "../../lib/operations/query.ts";

/** Counts stop there: counting a backlog of millions would cost more than it tells. */
const most = 10_000;

export function Backlog({
  counts,
  sendingPause,
}: {
  readonly counts: Counts;
  readonly sendingPause: SendingPauseState;
}) {
  const tiles = [
    ["Due", counts.due, "wait for a worker now", "PENDING"],
    ["Scheduled", counts.scheduled, "for later", "PENDING"],
    ["In work", counts.processing, "held by a worker", "PROCESSING"],
    ["Failed", counts.failed, "tried again by themselves", "FAILED"],
    ["Dead letters", counts.dead, "want a person", "DEAD"],
  ] as const;
  return (
    <>
      <p className={`summary ${sendingPause.pausedMs > 0 ? "down" : "up"}`} role="status">
        {sendingPause.pausedMs > 0
          ? `Sending is paused${sendingPause.needsPerson ? " until someone acts" : ` for ${durationOf(sendingPause.pausedMs)}`}: ${sendingPause.reason ?? "no reason was told"}`
          : counts.due === 0
            ? "Nothing waits."
            : `The oldest that is due has waited for ${durationOf(counts.oldestDueMs)}.`}
      </p>
      <ul className="tiles">
        {tiles.map(([name, count, about, status]) => (
          <li key={name} className="part">
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
