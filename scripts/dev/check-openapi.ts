// Fails when docs/openapi.json is out of date with app/lib/api/openapi.ts. `make check` runs it.
import { existsSync, readFileSync } from "node:fs";
import { openApiFile, openApiText } from "./openapi-file.ts";

if (!existsSync(openApiFile) || readFileSync(openApiFile, "utf8") !== openApiText()) {
  console.error("docs/openapi.json is out of date. Update it: node --import tsx scripts/dev/update-openapi.ts");
  process.exitCode = 1;
}
