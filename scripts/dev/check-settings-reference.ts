// Fails when docs/settings.md is out of date with core/config/variables.ts. `make check` runs it.
import { existsSync, readFileSync } from "node:fs";
import { settingsReference, settingsReferenceFile } from "./settings-reference.ts";

if (!existsSync(settingsReferenceFile) || readFileSync(settingsReferenceFile, "utf8") !== settingsReference()) {
  console.error(
    "docs/settings.md is out of date. Update it: node --import tsx scripts/dev/update-settings-reference.ts",
  );
  process.exitCode = 1;
}
