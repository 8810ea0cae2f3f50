import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "./mutant.ts";

/** The file with the break in it. @throws Error when the text to replace is not there exactly once, or a test file is missing. */
export function broken(root: string, { name, file, find, replace, tests }: Mutant): string {
  const missing = [file, ...tests].find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) throw new Error(`${name}: there is no ${missing}`);
  const parts = readFileSync(join(root, file), "utf8").split(find);
  if (parts.length !== 2)
    throw new Error(`${name}: ${JSON.stringify(find)} occurs ${parts.length - 1} times in ${file}, not once`);
  return parts.join(replace);
}
