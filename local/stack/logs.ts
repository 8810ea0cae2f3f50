import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { condense } from "./log-lines.ts";

/** A log file above this size is renamed to `.1` when the stack starts. */
const keepBytes = 20 * 1024 * 1024;
const tailLines = 15;

export interface Logs {
  /** Returns the sink of one part: writes whole lines to its file, condensed ones to `show`. */
  sink(part: string): (line: string) => void;
  /** The last lines of a part, for error messages. */
  tail(part: string): string;
}

/** Opens the files `<folder>/<part>.log`. Only their owner can read them, because a log may contain what people sent. */
export function openLogs(folder: string, show: (line: string) => void): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tails = new Map<string, string[]>();
  return {
    sink(part) {
      const file = join(folder, `${part}.log`);
      rotate(file);
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

function rotate(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > keepBytes) renameSync(file, `${file}.1`);
}

function write(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {
    // A full disk or a removed folder must not stop the stack.
  }
}
