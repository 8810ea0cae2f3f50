// Writes docs/cli.md from the commands' help.
import { writeFileSync } from "node:fs";
import { cliReference, cliReferenceFile } from "./cli-reference.ts";

writeFileSync(cliReferenceFile, await cliReference());
