// Fails when docs/faults.md does not match scripts/dev/fault-list.ts and the tests of faults. `make check` runs it.
import { existsSync, readFileSync } from "node:fs";
import { faultPageFile, faultPageText } from "./fault-page.ts";

if (!existsSync(faultPageFile) || readFileSync(faultPageFile, "utf8") !== faultPageText()) {
  console.error("docs/faults.md is out of date. Update it: node --import tsx scripts/dev/update-faults.ts");
  process.exitCode = 1;
}
