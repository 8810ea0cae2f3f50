import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { condense } from "./log-lines.ts";

/** A log file above this size is put aside as `.1` when the stack starts. */
const keepBytes = 20 * 1024 * 1024;
const tailLines = 15;

export interface Logs {
  /** Takes the lines of one part: whole into its file, condensed to `show`. */
  sink(part: string): (line: string) => void;
  /** The last lines of a part, for messages. */
  tail(part: string): string;
}

/** Files `<folder>/<part>.log`, readable for their owner alone: a log may hold what people sent. */
export function openLogs(folder: string, show: (line: string) => void): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tails = new Map<string, string[]>();
  return {
    sink(part) {
      const file = join(folder, `${part}.log`);
      putAside(file);
      const tail: string[] = [];
      tails.set(part, tail);
      return (tagged) => {
        const line = tagged.replace(`[${part}] `, "");
        tail.push(line);
        if (tail.length > tailLines) tail.shift();
        write(file, line);
        const short = condense(part, line);
        if (short !== undefined) show(`${part.padEnd(8)} ${short}`);
      };
    },
    tail: (part) => (tails.get(part) ?? []).map((line) => `  ${line}`).join("\n"),
  };
}

function putAside(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > keepBytes) renameSync(file, `${file}.1`);
}

function write(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {
    // A full disk, or a folder that was removed under a running stack: no reason to stop it.
  }
}
