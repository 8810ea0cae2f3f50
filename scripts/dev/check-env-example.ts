// Fails when .env.example is out of date with core/config/variables.ts. `make check` runs it.
import { existsSync, readFileSync } from "node:fs";
import { envExample } from "../../core/config/env-example.ts";

const file = new URL("../../.env.example", import.meta.url);
if (!existsSync(file) || readFileSync(file, "utf8") !== envExample()) {
  console.error(".env.example is out of date. Update it: node --import tsx scripts/dev/update-env-example.ts");
  process.exitCode = 1;
}
