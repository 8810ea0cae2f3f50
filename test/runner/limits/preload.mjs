// Loaded before a test file: "uvu" becomes ./uvu.ts, so that no test file has to import anything else.
import { register } from "node:module";

register("./resolve.mjs", import.meta.url);
