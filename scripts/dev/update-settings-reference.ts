// Writes docs/settings.md from core/config/variables.ts.
import { writeFileSync } from "node:fs";
import { settingsReference, settingsReferenceFile } from "./settings-reference.ts";

writeFileSync(settingsReferenceFile, settingsReference());
