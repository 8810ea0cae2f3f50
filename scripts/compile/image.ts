import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { layOutImage } from "./layout.ts";

// The Dockerfile runs this after `next build`: `node --import tsx scripts/compile/image.ts FOLDER` lays out the files that the image copies.
const out = process.argv[2];
if (out === undefined) {
  console.error("usage: scripts/compile/image.ts FOLDER, the folder for the image's files");
  process.exit(2);
}
const epoch = Number(process.env.SOURCE_DATE_EPOCH);
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
await layOutImage(root, resolve(out), epoch > 0 ? epoch : undefined);
