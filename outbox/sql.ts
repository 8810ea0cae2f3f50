import { readFileSync } from "node:fs";

/** The text of one statement. Each state change is a file of its own in `outbox/sql/`; its first line says which one. */
export const sql = (name: string): string => readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), "utf8");
