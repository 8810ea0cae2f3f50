import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { layOutImage } from "./layout.ts";

// Called by the Dockerfile after `next build`: `node --import tsx scripts/compile/image.ts FOLDER` lays out what the image copies.
const out = process.argv[2];
if (out === undefined) {
  console.error("scripts/compile/image.ts FOLDER: name the folder to lay the image's files out in");
  process.exit(2);
}
const epoch = Number(process.env.SOURCE_DATE_EPOCH);
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
await layOutImage(root, resolve(out), epoch > 0 ? epoch : undefined);
