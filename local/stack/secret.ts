import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The key of this checkout's Novu emulator: created once, readable only for its owner. */
export function stackKey(file: string): string {
  try {
    const key = readFileSync(file, "utf8").trim();
    if (key) return key;
  } catch {
    // The first run.
  }
  mkdirSync(dirname(file), { recursive: true });
  const key = randomBytes(24).toString("hex");
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}
