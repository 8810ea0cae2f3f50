import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** One line of the data file: a row put, or a row deleted. */
export interface Entry {
  /** Table. */
  t: string;
  /** The row, whole. */
  v?: unknown;
  /** Key of a deleted row. */
  d?: string;
}

export interface Journal {
  append(entry: Entry): void;
  /** Writes what was appended, before a reply reports it. */
  flush(): void;
  close(): void;
}

/** Keeps nothing: the data lives as long as the process. */
export const noJournal: Journal = { append: () => undefined, flush: () => undefined, close: () => undefined };

/**
 * The entries of a data file, oldest first; none when there is no file yet. A last line that a killed process left half
 * written is cut off, so that the next append starts on a line of its own; any other line that is not JSON is counted.
 */
export function readJournal(file: string): { entries: Entry[]; damaged: number } {
  if (!existsSync(file)) return { entries: [], damaged: 0 };
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(file, end);
  const entries: Entry[] = [];
  let damaged = 0;
  for (const line of bytes.subarray(0, end).toString("utf8").split("\n")) {
    if (line === "") continue;
    const entry = parseEntry(line);
    if (entry) entries.push(entry);
    else damaged++;
  }
  return { entries, damaged: damaged + (end < bytes.length ? 1 : 0) };
}

function parseEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // Only this file's own append writes lines, so a JSON object with a table name is an entry.
    return typeof value === "object" && value !== null && "t" in value ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file by these entries, atomically. */
export function rewriteJournal(file: string, entries: Iterable<Entry>): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  for (const entry of entries) writeSync(fd, `${JSON.stringify(entry)}\n`);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(temporary, file);
}

/** Appends to `file`. Entries of one event-loop tick go out in one write; a reply of that tick calls `flush` before it is sent. */
export function openJournal(file: string): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const fd = openSync(file, "a", 0o600);
  let lines: string[] = [];
  const flush = () => {
    if (lines.length === 0) return;
    const text = lines.join("");
    lines = [];
    // writeSync may write less than requested (a full pipe, a signal): go on until all is out.
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
  };
  return {
    append: (entry) => {
      // The row is turned to text now: it may change again before the flush.
      if (lines.push(`${JSON.stringify(entry)}\n`) === 1) queueMicrotask(flush);
    },
    flush,
    close: () => {
      flush();
      closeSync(fd);
    },
  };
}
