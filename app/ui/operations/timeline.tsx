import type { TimelineEntry } from "../../../outbox/reader.ts";
import { Badge } from "./badge.tsx";
import { Moment } from "./moment.tsx";

export interface TimelineProps {
  readonly entries: readonly TimelineEntry[];
  readonly temporalUi: string | undefined;
  readonly namespace: string;
}

export function Timeline({ entries, temporalUi, namespace }: TimelineProps) {
  const [first] = entries;
  return (
    <ol className="timeline">
      {entries.map((entry, index) => (
        // A timeline only grows at its end.
        // biome-ignore lint/suspicious/noArrayIndexKey: the position identifies the entry
        <li key={index}>
          <Badge status={entry.to} /> <When at={entry.at} first={first?.at ?? entry.at} />
          {entry.from === entry.to && ", rescued after its lease expired"}
          {entry.attempt > 0 && <span className="quiet"> attempt {entry.attempt}</span>}
          {entry.workflowId !== null && (
            <span className="workflow">
              {temporalUi === undefined ? (
                entry.workflowId
              ) : (
                <a
                  href={`${temporalUi}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(entry.workflowId)}`}
                >
                  {entry.workflowId}
                </a>
              )}
            </span>
          )}
          {entry.error !== null && <p className="error">{entry.error}</p>}
        </li>
      ))}
    </ol>
  );
}

/** The full time for the first entry, and the milliseconds since then for entries within the next minute. */
function When({ at, first }: { readonly at: string; readonly first: string }) {
  const ms = Date.parse(at) - Date.parse(first);
  return at === first || ms >= 60_000 ? <Moment at={at} /> : <time dateTime={at}>+{ms} ms</time>;
}
