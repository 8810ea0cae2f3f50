import { appendFileSync } from "node:fs";
import { test } from "uvu";
import { messageOf } from "../../core/errors.ts";
import { limitOf, within } from "./within.ts";

/** What the reporter of `make test-faults` reads, one JSON line each. */
export interface FaultNote {
  readonly fault: number;
  readonly title: string;
  readonly state: "began" | "held" | "not held" | "skipped";
  readonly reason?: string;
}

const notesVariable = "XNOVU_FAULT_NOTES";

function note(line: FaultNote): void {
  const file = process.env[notesVariable];
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** A test of one numbered fault. Its end is noted, so that a test which never ran, or never ended, counts as not held. */
export function faultTest(fault: number, title: string, run: () => Promise<void> | void): void {
  const noted = async () => {
    note({ fault, title, state: "began" });
    try {
      await run();
      note({ fault, title, state: "held" });
    } catch (error) {
      note({ fault, title, state: "not held", reason: messageOf(error) });
      throw error;
    }
  };
  test(`fault ${fault}: ${title}`, within(limitOf(run), noted));
}

/** Says loudly that a part of a fault cannot be made on this machine. */
export function skipPart(fault: number, title: string, reason: string): void {
  console.error(`SKIPPED: fault ${fault}: ${title}: ${reason}`);
  note({ fault, title, state: "skipped", reason });
}
