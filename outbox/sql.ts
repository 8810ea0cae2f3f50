import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Not `new URL(name, import.meta.url)`: where the name is not in the source, the app's bundler makes the URL of whichever file it finds first.
const folder = join(dirname(fileURLToPath(import.meta.url)), "sql");

/** The text of one statement. Each state change is a file of its own in `outbox/sql/`; its first line says which one. */
export const sql = (name: string): string => readFileSync(join(folder, `${name}.sql`), "utf8");
