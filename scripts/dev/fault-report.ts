import { faultList } from "./fault-list.ts";

/** What test/support/fault-notes.ts writes, a line for each begin and end of a test. */
export interface Note {
  readonly fault: number;
  readonly title: string;
  readonly state: "began" | "held" | "not held" | "skipped";
  readonly reason?: string;
}

export const faultTotal = faultList.length;

export interface Report {
  /** One for each fault, in order. */
  readonly lines: readonly string[];
  readonly failed: number;
}

/** A fault is held when at least one test of it ran, and every one that began has ended well. */
export function reportLines(notes: readonly Note[]): Report {
  const results = Array.from({ length: faultTotal }, (_, index) =>
    resultOf(notes.filter(({ fault }) => fault === index + 1)),
  );
  return {
    lines: results.map(({ text }, index) => `fault ${index + 1}: ${text}`),
    failed: results.filter(({ held }) => !held).length,
  };
}

function resultOf(notes: readonly Note[]): { readonly held: boolean; readonly text: string } {
  const inState = (state: Note["state"]) => notes.filter((note) => note.state === state);
  const [began, held, failed] = [inState("began"), inState("held"), inState("not held")];
  const skipped = inState("skipped");
  if (began.length === 0) return { held: false, text: "NOT held: no test of it ran" };
  const reasons = failed.map(({ title, reason }) => `${title}: ${oneLine(reason ?? "failed")}`);
  const cutOff = began.length - held.length - failed.length;
  if (cutOff > 0) reasons.push(`${cutOff} of ${began.length} tests did not end`);
  if (reasons.length > 0) return { held: false, text: `NOT held: ${reasons.join("; ")}` };
  // A part that was skipped is noted inside a test that then ends: something else must have shown the fault.
  if (skipped.length >= began.length) return { held: false, text: `NOT held: skipped: ${skipped[0]?.reason ?? ""}` };
  const parts = skipped.map(({ title, reason }) => ` (SKIPPED ${title}: ${oneLine(reason ?? "")})`);
  return { held: true, text: `held${parts.join("")}` };
}

const oneLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, 200);
