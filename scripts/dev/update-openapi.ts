// Writes docs/openapi.json anew from app/lib/api/openapi.ts.
import { writeFileSync } from "node:fs";
import { openApiFile, openApiText } from "./openapi-file.ts";

writeFileSync(openApiFile, openApiText());
