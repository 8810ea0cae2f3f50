#!/usr/bin/env node
// The `xnovu` binary: loads the TypeScript command line through tsx in this same process, so signals and exit codes are its own.
import { register } from "tsx/esm/api";

register();
await import("./cli.ts");
