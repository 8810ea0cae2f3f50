import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const pathBelow = (root: string) => join(root, "node_modules", ".cache", "xnovu-test-durations.json");

/** Milliseconds that each file took in the last runs; empty when none is known. */
export function readDurations(root: string): Readonly<Record<string, number>> {
  try {
    const found: unknown = JSON.parse(readFileSync(pathBelow(root), "utf8"));
    const entries = Object.entries(typeof found === "object" && found ? found : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch {
    return {};
  }
}

/** A hint for the order of the next run only: where it cannot be written, nothing is lost. */
export function writeDurations(root: string, durations: Readonly<Record<string, number>>): void {
  try {
    mkdirSync(dirname(pathBelow(root)), { recursive: true });
    writeFileSync(pathBelow(root), JSON.stringify({ ...readDurations(root), ...durations }));
  } catch {
    // Read-only checkout.
  }
}
