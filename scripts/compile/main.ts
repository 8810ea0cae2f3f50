import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "./output.ts";

// `pnpm compile [--out FOLDER]` compiles the worker and the command line to JavaScript.
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const out = resolve(root, values.out);
const { files } = await compile(root, out);
console.log(`compiled ${files.length} files into ${out}`);
