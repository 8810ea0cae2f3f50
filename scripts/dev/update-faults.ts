// Writes docs/faults.md from scripts/dev/fault-list.ts and the tests that call `faultTest`.
import { writeFileSync } from "node:fs";
import { faultPageFile, faultPageText } from "./fault-page.ts";

writeFileSync(faultPageFile, faultPageText());
