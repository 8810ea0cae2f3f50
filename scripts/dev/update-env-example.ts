// Writes .env.example from core/config/variables.ts.
import { writeFileSync } from "node:fs";
import { envExample } from "../../core/config/env-example.ts";

writeFileSync(new URL("../../.env.example", import.meta.url), envExample());
