// Fails when docs/cli.md is out of date with the commands' help. `make check` runs it.
import { existsSync, readFileSync } from "node:fs";
import { cliReference, cliReferenceFile } from "./cli-reference.ts";

if (!existsSync(cliReferenceFile) || readFileSync(cliReferenceFile, "utf8") !== (await cliReference())) {
  console.error("docs/cli.md is out of date. Update it: node --import tsx scripts/dev/update-cli-reference.ts");
  process.exitCode = 1;
}
