import { readFileSync, writeFileSync } from "node:fs";
import type { Baseline } from "./word-count.ts";

const file = new URL("words-baseline.json", import.meta.url);

export const readBaseline = (): Baseline => JSON.parse(readFileSync(file, "utf8")) as Baseline;

export const writeBaseline = (baseline: Baseline): void =>
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
