import type { AcceptedEvent, Message, Notification, Subscriber, Subscription, Topic, Workflow } from "../types.ts";
import { type Entry, type Journal, noJournal, openJournal, readJournal, rewriteJournal } from "./journal.ts";
import { Table } from "./table.ts";

export interface Setting {
  name: string;
  value: string;
}

/** All that the server knows. */
export interface Store {
  readonly subscribers: Table<Subscriber>;
  readonly topics: Table<Topic>;
  readonly subscriptions: Table<Subscription>;
  readonly workflows: Table<Workflow>;
  /** Accepted, not yet taken up by delivery. */
  readonly events: Table<AcceptedEvent>;
  readonly notifications: Table<Notification>;
  readonly messages: Table<Message>;
  readonly settings: Table<Setting>;
  /** Lines of the data file that could not be read at start. */
  readonly damaged: number;
  /** Changes with every message: the inbox page asks for it to know whether to refresh. */
  readonly changes: () => number;
  /** Writes what has changed to the data file. */
  flush(): void;
  close(): void;
}

/** @param dataFile path of the journal; the data lives in memory alone when absent. */
export function openStore(dataFile?: string): Store {
  let journal: Journal = noJournal;
  let changes = 0;
  const counted: Journal = {
    append: (entry) => {
      if (entry.t === "message" || entry.t === "notification") changes++;
      journal.append(entry);
    },
    flush: () => journal.flush(),
    close: () => journal.close(),
  };
  const current = () => counted;
  const tables = {
    subscribers: new Table<Subscriber>("subscriber", (row) => row.subscriberId, current),
    topics: new Table<Topic>("topic", (row) => row.key, current),
    subscriptions: new Table<Subscription>("subscription", (row) => row.id, current),
    workflows: new Table<Workflow>("workflow", (row) => row.workflowId, current),
    events: new Table<AcceptedEvent>("event", (row) => row.id, current),
    notifications: new Table<Notification>("notification", (row) => row.id, current),
    messages: new Table<Message>("message", (row) => row.id, current),
    settings: new Table<Setting>("setting", (row) => row.name, current),
  };
  let damaged = 0;
  if (dataFile !== undefined) {
    const read = readJournal(dataFile);
    damaged = read.damaged;
    replay(read.entries, Object.values(tables));
    if (isBloated(read.entries.length, Object.values(tables)))
      rewriteJournal(dataFile, liveEntries(Object.values(tables)));
    journal = openJournal(dataFile);
  }
  return { ...tables, damaged, changes: () => changes, flush: () => journal.flush(), close: () => journal.close() };
}

// The journal wrote these rows from the same tables; their types are what was put.
type AnyTable = Pick<Table<never>, "name" | "load" | "unload" | "size"> & { all(): unknown[] };

function replay(entries: readonly Entry[], tables: readonly AnyTable[]): void {
  const byName = new Map(tables.map((table) => [table.name, table]));
  for (const entry of entries) {
    const table = byName.get(entry.t);
    if (entry.d !== undefined) table?.unload(entry.d);
    else if (entry.v !== undefined) table?.load(entry.v as never);
  }
}

const isBloated = (lines: number, tables: readonly AnyTable[]) =>
  lines > 1000 && lines > 2 * tables.reduce((sum, table) => sum + table.size, 0);

function* liveEntries(tables: readonly AnyTable[]): Generator<Entry> {
  for (const table of tables) for (const row of table.all()) yield { t: table.name, v: row };
}
