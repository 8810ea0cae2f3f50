// Writes docs/openapi.json from app/lib/api/openapi.ts.
import { writeFileSync } from "node:fs";
import { openApiFile, openApiText } from "./openapi-file.ts";

writeFileSync(openApiFile, openApiText());
