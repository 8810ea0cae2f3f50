// Writes docs/cli.md anew from the commands' own help.
import { writeFileSync } from "node:fs";
import { cliReference, cliReferenceFile } from "./cli-reference.ts";

writeFileSync(cliReferenceFile, await cliReference());
